/*
 * provider.h - what the product asks of a telephony provider, whoever it is.
 *
 * One vtable, one table of implementations (providers.c); Retell is the first.
 * All functions block, at most until op's deadline or PROVIDER_TIMEOUT_MS.
 *
 * create_phone_call is the one request that must never be sent twice: it is
 * never repeated here, not even when its connection dies under it, and answers
 * with what is *known*: accepted, rejected, never sent, or unknown.  It does not fail().
 * Everything else fails with PROVIDER_ERROR, RESOURCE_NOT_FOUND or
 * SERVICE_UNAVAILABLE and may be repeated by its caller.
 */
#ifndef AGORALIA_PROVIDER_H
#define AGORALIA_PROVIDER_H

#include "common/base/fields.h"

enum dial_result {
    DIAL_ACCEPTED,   /* the provider has the call; provider_call_id is set */
    DIAL_REJECTED,   /* a definite no; see reason */
    DIAL_NEVER_SENT, /* not one byte of the request left: DNS, TCP or TLS failed */
    DIAL_UNKNOWN,    /* anything else: it may have been placed */
};

/* Why a provider refused, as far as the next step depends on it. */
enum dial_refusal {
    REFUSAL_NONE,
    REFUSAL_BUSY,        /* 429: later */
    REFUSAL_UNPAID,      /* 402: the whole workspace stands still */
    REFUSAL_CREDENTIALS, /* 401, 403 */
    REFUSAL_FROM_NUMBER, /* 404 about from_number */
    REFUSAL_REQUEST,     /* 400, 422: this call can never be placed like this */
    REFUSAL_KEY,         /* this API does not know idempotency keys */
};

struct dial_request {
    const char *from_number;
    const char *to_number;
    const char *agent_id;
    const char *metadata;        /* JSON object text, echoed back by the provider; NULL = none */
    const char *webhook_url;     /* per call; NULL = as the agent says */
    const char *idempotency_key; /* of two requests with the same one, one is placed; NULL = none */
    int ring_seconds;            /* 0 = the agent's own */
    int64_t send_before_us; /* CLOCK_BOOTTIME: it does not begin to leave later; 0 = whenever */
};

struct dial_answer {
    enum dial_result result;
    enum dial_refusal refusal;
    int http_status;              /* 0 = no answer */
    const char *provider_call_id; /* accepted only */
    const char *message;          /* the provider's words or the transport's, for the record */
    int retry_after_seconds;      /* 0 = unsaid */
};

/* A call as the provider tells it: get-call, list-calls and webhooks alike.  NULL or 0 = untold. */
struct provider_call {
    const char *provider_call_id;
    const char *status;    /* registered, ongoing, ended, not_connected, error, or newer */
    const char *direction; /* inbound, outbound */
    const char *agent_id;
    const char *from_number;
    const char *to_number;
    const char *disconnection_reason; /* the provider's word, to the letter */
    struct tstamp started_at;
    struct tstamp ended_at;
    int64_t duration_ms;
    const char *recording_url;
    struct json_text metadata;
    struct json_text transcript; /* array of {role, content, ...} */
    struct json_text analysis;   /* object */
    double cost_cents;           /* < 0 = untold */
    const char *account; /* of the workspace that tells, as the asker knows it; NULL = our own */
    int64_t tenant_id;   /* whose workspace that is; 0 = our own */
};

struct provider_calls {
    struct provider_call *items;
    size_t n;
    bool complete; /* false: there was more than the caller's limit */
};

/* Which calls to find: those whose metadata[key] is one of the values, or, without a key, those
 * whose provider_call_id is. */
struct provider_query {
    const char *key;
    const char *const *values;
    size_t n;
};

/* A browser call's connection data; the token is a secret of the caller's browser. */
struct provider_web_call {
    const char *provider_call_id;
    const char *access_token;
    struct tstamp expires_at;
    struct json_text connection; /* the provider's whole reply */
};

struct provider_number {
    const char *e164;
    const char *provider_number_id;
    const char *nickname;
    const char *kind; /* the provider's word */
    const char *outbound_agent_id;
};

struct provider_numbers {
    struct provider_number *items;
    size_t n;
};

struct provider_number_request {
    const char *e164;     /* buy: a specific number or NULL; import: required */
    const char *country;  /* buy: "US", "CA" */
    int32_t area_code;    /* buy: 0 = any */
    const char *agent_id; /* outbound agent; NULL = none */
    const char *nickname;
    const char *termination_uri; /* import */
    const char *sip_user, *sip_password;
    const char *inbound_webhook_url; /* update */
    const char *fallback_number;     /* update */
};

struct provider_agent {
    const char *agent_id;
    const char *name;
    int64_t version;
    bool published;
};

struct provider_agents {
    struct provider_agent *items;
    size_t n;
};

struct provider_concurrency {
    int64_t current, limit, reserved_inbound;
};

struct http_request;
struct http_reply;
struct provider;
struct sealed;
struct key_ring;

/*
 * One HTTP exchange with the provider, its credentials added.  A process that must not hold the key
 * hands in how else it is done.
 */
#define PROVIDER_EXCHANGE(name) \
    void name(struct op *op, const struct provider *p, const struct http_request *r, \
              struct http_reply *out)

/* Room for the hexadecimal of a SHA-256, and of the beginning of one. */
enum { PROVIDER_SIGNING_KEY_SIZE = 65, PROVIDER_ACCOUNT_SIZE = 17 };

/* What a webhook key leaves behind for verifying: nothing can be asked of the provider with it. */
enum { PROVIDER_VERIFIER_BYTES = 64 };

struct provider {
    const char *name; /* "retell": the value of numbers.provider and call_attempts.provider */
    void *self;
    char signing_key[PROVIDER_SIGNING_KEY_SIZE]; /* derived from the API key: for our own marks */
    char account[PROVIDER_ACCOUNT_SIZE]; /* whose memory an idempotency key is in: URL and key */
    PROVIDER_EXCHANGE((*exchange));

    /*
     * A copy with a key of its own is another workspace: the key, sealed, is opened where the
     * exchange is made; or it is a verifier, and only webhooks are verified.  NULL = the settings'.
     */
    const struct sealed *key;
    struct key_ring *ring; /* what opens it; NULL in a process that must not */
    /* Seal it under the newest key, without anybody here seeing it. */
    bool (*reseal)(struct op *op, const struct provider *p, struct sealed *s);

    /* Of a key somebody brings: NULL or a complaint; the account it makes; its verifier. */
    const char *(*complaint_of_key)(const char *key);
    void (*account_of_key)(const struct provider *p, const char *key,
                           char out[PROVIDER_ACCOUNT_SIZE]);
    void (*make_verifier)(const char *key, unsigned char out[PROVIDER_VERIFIER_BYTES]);

    /* Should call requests carry an idempotency key?  A request that is given one always does. */
    bool (*takes_keys)(const struct provider *p);
    void (*create_phone_call)(struct op *op, const struct provider *p, const struct dial_request *r,
                              struct dial_answer *out);
    bool (*create_web_call)(struct op *op, const struct provider *p, const char *agent_id,
                            const char *metadata, struct provider_web_call *out) MUSTCHECK;
    bool (*get_call)(struct op *op, const struct provider *p, const char *provider_call_id,
                     struct provider_call *out) MUSTCHECK;
    /* Every such call in whatever state, following pages to the end (at most limit). */
    bool (*find_calls)(struct op *op, const struct provider *p, const struct provider_query *q,
                       size_t limit, struct provider_calls *out) MUSTCHECK;
    /* Calls that started in [from, to), newest first, at most limit. */
    bool (*list_calls)(struct op *op, const struct provider *p, struct tstamp from,
                       struct tstamp to, size_t limit, struct provider_calls *out) MUSTCHECK;
    /* Hang up; RESOURCE_NOT_FOUND also when the call is not going on (yet, or any more). */
    bool (*stop_call)(struct op *op, const struct provider *p,
                      const char *provider_call_id) MUSTCHECK;
    /* The provider forgets an ended call: transcript, recording, everything; RESOURCE_NOT_FOUND
     * when it has. */
    bool (*delete_call)(struct op *op, const struct provider *p,
                        const char *provider_call_id) MUSTCHECK;
    bool (*list_numbers)(struct op *op, const struct provider *p,
                         struct provider_numbers *out) MUSTCHECK;
    bool (*buy_number)(struct op *op, const struct provider *p,
                       const struct provider_number_request *r,
                       struct provider_number *out) MUSTCHECK;
    bool (*import_number)(struct op *op, const struct provider *p,
                          const struct provider_number_request *r,
                          struct provider_number *out) MUSTCHECK;
    bool (*update_number)(struct op *op, const struct provider *p, const char *e164,
                          const struct provider_number_request *r,
                          struct provider_number *out) MUSTCHECK;
    bool (*release_number)(struct op *op, const struct provider *p, const char *e164) MUSTCHECK;
    bool (*list_agents)(struct op *op, const struct provider *p,
                        struct provider_agents *out) MUSTCHECK;
    bool (*get_agent)(struct op *op, const struct provider *p, const char *agent_id,
                      struct provider_agent *out) MUSTCHECK;
    bool (*get_concurrency)(struct op *op, const struct provider *p,
                            struct provider_concurrency *out) MUSTCHECK;

    /*
     * Verify a webhook over its raw bytes (Retell: X-Retell-Signature, HMAC-SHA256, five-minute
     * window) at the wall-clock instant now_us, with the settings' keys or with p->key, a verifier.
     * Fails with INVALID_SIGNATURE.
     */
    bool (*verify_webhook)(struct op *op, const struct provider *p, struct str body,
                           const char *signature, int64_t now_us) MUSTCHECK;
    /* Decode a verified webhook body: its event name (provider's word) and its call. */
    bool (*read_webhook)(struct op *op, const struct provider *p, struct str body,
                         const char **event, struct provider_call *out) MUSTCHECK;

    void (*close)(struct provider *p);
};

struct conf;

/* The provider of that name, configured; NULL when there is none.  Close with p->close(p). */
struct provider *provider_open(const char *name, const struct conf *conf);

/*
 * The same in a process without the key: others speak for it, and derived signing_key for it.  It
 * verifies no webhooks.
 */
struct provider *provider_open_keyless(const char *name, const struct conf *conf,
                                       PROVIDER_EXCHANGE((*exchange)), const char *signing_key);

#endif
