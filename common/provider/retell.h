/* retell.h - what the files of the Retell client share.  Private to common/provider. */
#ifndef AGORALIA_PROVIDER_RETELL_H
#define AGORALIA_PROVIDER_RETELL_H

#include "common/provider/http.h"
#include "common/provider/provider.h"

#include <stdatomic.h>

struct cJSON;

enum retell_op {
#define RETELL_OP(name, method, current, seed, kind) RETELL_##name,
#include "common/provider/retell_paths.def"
#undef RETELL_OP
};

enum retell_keys { RETELL_KEYS_OFF, RETELL_KEYS_ON, RETELL_KEYS_AUTO };

enum { RETELL_MAX_WEBHOOK_KEYS = 8 };

struct retell {
    struct provider provider; /* its self points back here */
    char *base_url;           /* without a trailing slash */
    char *authorization;      /* the header line; NULL in a process without the key */
    char *webhook_url;        /* ours, for calls that have no caller to name one; may be NULL */
    char *ca_file;            /* who vouches for base_url; NULL = whom the system trusts */
    char *keys_text;          /* the keys point in here */
    struct str webhook_keys[RETELL_MAX_WEBHOOK_KEYS];
    size_t webhook_key_count;
    int timeout_ms;
    bool seed;                  /* the specification's paths and names instead of today's */
    enum retell_keys keys;      /* RETELL_IDEMPOTENCY */
    _Atomic bool keys_given_up; /* auto, and this API does not know them */
};

/* One request of an operation; NULL and 0 = without. */
struct retell_ask {
    enum retell_op op;
    const char *id;    /* for paths that take one */
    const char *query; /* "?a=b", escaped */
    const char *body;
    int64_t send_before_us;
};

/* Send it, count it, log what went wrong.  Judging the reply is the caller's. */
void retell_exchange(struct op *op, const struct provider *p, const struct retell_ask *ask,
                     struct http_reply *reply);

/* The same, failing unless the answer is a 2xx.  *out is its JSON; NULL when it has no body. */
bool retell_ask(struct op *op, const struct provider *p, const struct retell_ask *ask,
                const struct cJSON **out) MUSTCHECK;

/* A reply's JSON; NULL when it is none.  Leaves op's error alone. */
const struct cJSON *retell_json(struct op *op, struct str body);

/* The provider's words in an error body: message, error_message or the raw text, cut to 500 bytes.
 */
const char *retell_words(struct op *op, struct str body);

struct retell_list {
    enum retell_op op;
    const char *filter;  /* the body's members before those for paging; NULL = no body */
    bool cursor_in_body; /* else limit and cursor go into the query */
    size_t limit;
    /* False: it cannot be read, though it may matter; the list is then not complete. */
    bool (*take)(struct op *op, const struct cJSON *item, void *ctx);
    void *ctx;
};

/* Follow a list to its end or to limit items.  *complete: the caller has seen all there is. */
bool retell_follow(struct op *op, const struct provider *p, const struct retell_list *list,
                   bool *complete) MUSTCHECK;

bool retell_true(struct op *op, const struct cJSON *v);

/* Room for one more item after n; items live in op's arena. */
void *retell_grow(struct op *op, void *items, size_t n, size_t size);

/* Add "key":"value", (with the comma) when value is not NULL. */
void retell_put(struct buf *b, const char *key, const char *value);

/* Put '}' in the place of the last comma. */
void retell_end_object(struct buf *b);

/* The per-call "agent_override", with its comma, when there is something to override. */
void retell_put_agent_override(struct buf *b, const char *webhook_url, int ring_seconds);

/* Copy a finished buffer into the arena and free it. */
const char *retell_finish(struct op *op, struct buf *b);

/* Milliseconds since 1970 in a member; the null instant when untold or beyond reason. */
struct tstamp retell_instant(const struct cJSON *object, const char *key);

/* False when the object names no call. */
bool retell_read_call(struct op *op, const struct cJSON *object,
                      struct provider_call *out) MUSTCHECK;

/* The vtable's functions. */
bool retell_takes_keys(const struct provider *p);
void retell_create_phone_call(struct op *op, const struct provider *p, const struct dial_request *r,
                              struct dial_answer *out);
bool retell_create_web_call(struct op *op, const struct provider *p, const char *agent_id,
                            const char *metadata, struct provider_web_call *out) MUSTCHECK;
bool retell_get_call(struct op *op, const struct provider *p, const char *provider_call_id,
                     struct provider_call *out) MUSTCHECK;
bool retell_find_calls(struct op *op, const struct provider *p, const struct provider_query *q,
                       size_t limit, struct provider_calls *out) MUSTCHECK;
bool retell_list_calls(struct op *op, const struct provider *p, struct tstamp from,
                       struct tstamp to, size_t limit, struct provider_calls *out) MUSTCHECK;
bool retell_stop_call(struct op *op, const struct provider *p,
                      const char *provider_call_id) MUSTCHECK;
bool retell_delete_call(struct op *op, const struct provider *p,
                        const char *provider_call_id) MUSTCHECK;
bool retell_list_numbers(struct op *op, const struct provider *p,
                         struct provider_numbers *out) MUSTCHECK;
bool retell_buy_number(struct op *op, const struct provider *p,
                       const struct provider_number_request *r,
                       struct provider_number *out) MUSTCHECK;
bool retell_import_number(struct op *op, const struct provider *p,
                          const struct provider_number_request *r,
                          struct provider_number *out) MUSTCHECK;
bool retell_update_number(struct op *op, const struct provider *p, const char *e164,
                          const struct provider_number_request *r,
                          struct provider_number *out) MUSTCHECK;
bool retell_release_number(struct op *op, const struct provider *p, const char *e164) MUSTCHECK;
bool retell_list_agents(struct op *op, const struct provider *p,
                        struct provider_agents *out) MUSTCHECK;
bool retell_get_agent(struct op *op, const struct provider *p, const char *agent_id,
                      struct provider_agent *out) MUSTCHECK;
bool retell_get_concurrency(struct op *op, const struct provider *p,
                            struct provider_concurrency *out) MUSTCHECK;
bool retell_verify_webhook(struct op *op, const struct provider *p, struct str body,
                           const char *signature, int64_t now_us) MUSTCHECK;
bool retell_read_webhook(struct op *op, const struct provider *p, struct str body,
                         const char **event, struct provider_call *out) MUSTCHECK;

void retell_make_verifier(const char *key, unsigned char out[PROVIDER_VERIFIER_BYTES]);

/* The exchange of a process that has the key. */
PROVIDER_EXCHANGE(retell_exchange_here);

/*
 * NULL, with a line in the log, when the settings do not make a client.  exchange NULL = here, with
 * the key; else signing_key is what was derived from it.
 */
struct provider *retell_open(const struct conf *conf, PROVIDER_EXCHANGE((*exchange)),
                             const char *signing_key);

#endif
