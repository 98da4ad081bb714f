/*
 * log.h - one JSON object per line on stderr, written by a thread of its own.
 *
 * A line never waits for the reader: when the ring is full it is dropped and
 * counted in agoralia_log_dropped_total.  Phone numbers go through P(), which
 * masks them; bodies, keys and e-mail addresses are not logged at all.
 *
 *   log_info(op, "campaign.started", F("campaign_id", id), P("from", number));
 */
#ifndef AGORALIA_LOG_H
#define AGORALIA_LOG_H

#include "common/base/buf.h"
#include "common/base/op.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

struct log_field {
    const char *key;
    enum { LF_END, LF_TEXT, LF_INT, LF_PHONE } kind;
    const char *text;
    int64_t number;
};

static inline struct log_field log_field_text(const char *key, const char *v)
{
    return (struct log_field){.key = key, .kind = LF_TEXT, .text = v};
}

static inline struct log_field log_field_int(const char *key, int64_t v)
{
    return (struct log_field){.key = key, .kind = LF_INT, .number = v};
}

#define F(key, v) \
    _Generic((v), char *: log_field_text, const char *: log_field_text,                   \
             default: log_field_int)(key, v)
#define P(key_, v) ((struct log_field){.key = (key_), .kind = LF_PHONE, .text = (v)})

/* level is "debug", "info", "warning" or "error"; service names the process in every line. */
void log_start(const char *service, const char *level);

/* Write what is queued, then stop the thread. */
void log_stop(void);

/* op may be NULL: no request id, no tenant. */
void log_line(enum log_level level, const struct op *op, const char *msg,
              const struct log_field *fields);

#define LOG_LINE(level, op, msg, ...) \
    log_line(level, op, msg, (const struct log_field[]){__VA_ARGS__ __VA_OPT__(, ){0}})
#define log_debug(op, msg, ...) LOG_LINE(LOG_DEBUG, op, msg __VA_OPT__(, ) __VA_ARGS__)
#define log_info(op, msg, ...) LOG_LINE(LOG_INFO, op, msg __VA_OPT__(, ) __VA_ARGS__)
#define log_warning(op, msg, ...) LOG_LINE(LOG_WARNING, op, msg __VA_OPT__(, ) __VA_ARGS__)
#define log_error(op, msg, ...) LOG_LINE(LOG_ERROR, op, msg __VA_OPT__(, ) __VA_ARGS__)

/* The op's error with its cause, at the level its class deserves. */
void log_failure(const struct op *op, const char *msg);

/* "+393491234567" -> "+39349•••567" */
void phone_mask(struct buf *b, const char *e164);

#endif
