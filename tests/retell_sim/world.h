/*
 * world.h - who is there: workspaces with their keys, agents and numbers, and
 * every call ever placed, in the order it was committed (the ledger).
 */
#ifndef AGORALIA_SIM_WORLD_H
#define AGORALIA_SIM_WORLD_H

#include "common/base/buf.h"
#include "tests/retell_sim/index.h"
#include "tests/retell_sim/outcomes.h"
#include "tests/retell_sim/text.h"
#include "tests/retell_sim/timers.h"

enum sim_event {
    SIM_EV_STARTED,
    SIM_EV_ENDED,
    SIM_EV_ANALYZED,
    SIM_EV_TRANSCRIPT,
    SIM_EV_TRANSFER_STARTED,
    SIM_EV_TRANSFER_BRIDGED,
    SIM_EV_TRANSFER_CANCELLED,
    SIM_EV_TRANSFER_ENDED,
    SIM_EVENTS,
    SIM_EV_INBOUND = SIM_EVENTS, /* asked of a number's own URL, never subscribed to */
};

#define SIM_EVENTS_DEFAULT (1u << SIM_EV_STARTED | 1u << SIM_EV_ENDED | 1u << SIM_EV_ANALYZED)

/* Where events go.  Each field may be unset; see sim_hook_over(). */
struct sim_hook {
    const char *url;    /* NULL = unset */
    uint32_t events;    /* set of 1 << enum sim_event; 0 = unset */
    int32_t timeout_ms; /* 0 = unset */
};

struct sim_key {
    char key[128];
    char name[64];
    bool webhook;    /* signs the events of its workspace */
    uint32_t scopes; /* set of 1 << place in sim_scopes */
};

struct sim_agent {
    char id[64];
    char name[128];
    char language[16];
    int version;
    bool published, suspended, chat;
    double ring_ms, max_call_ms; /* 0 = the product's defaults */
    struct sim_hook hook;
    int64_t modified_ms;
    struct sim_agent *next;
};

enum sim_trunk { SIM_TWILIO, SIM_TELNYX, SIM_CUSTOM, SIM_TRUNKS };

/* Number settings that are kept and shown as they were given. */
enum sim_number_field {
    SIM_NF_nickname,
    SIM_NF_inbound_agents,
    SIM_NF_outbound_agents,
    SIM_NF_inbound_sms_agents,
    SIM_NF_outbound_sms_agents,
    SIM_NF_inbound_webhook_url,
    SIM_NF_inbound_sms_webhook_url,
    SIM_NF_allowed_inbound_country_list,
    SIM_NF_allowed_outbound_country_list,
    SIM_NF_fallback_number,
    SIM_NF_termination_uri,
    SIM_NF_auth_username,
    SIM_NF_transport,
    SIM_NUMBER_FIELDS,
};

struct sim_number {
    char e164[64];
    enum sim_trunk trunk;
    int area_code;                         /* 0 = none */
    const char *fields[SIM_NUMBER_FIELDS]; /* JSON; NULL = never given */
    int64_t modified_ms;
    uint32_t ordinal; /* order of arrival, for paging */
    struct sim_number *next;
};

struct sim_bucket {
    double tokens;
    int64_t at_us;
};

struct sim_workspace {
    struct sim *sim;
    char org_name[64];
    struct sim_key keys[8];
    size_t nkeys;
    struct sim_hook hook;
    struct sim_agent *agents;
    struct sim_number *numbers;
    double concurrency_limit, reserved_inbound;
    bool burst, card_on_file;
    double cps[SIM_TRUNKS];
    double balance_cents;
    unsigned index;

    struct sim_bucket starts[SIM_TRUNKS];
    int64_t window_us; /* start of the present rate-limit window */
    double window_requests;
    unsigned live; /* calls that take a slot: registered or ongoing */
    struct sim_workspace *next;
};

enum sim_kind { SIM_PHONE, SIM_WEB };
enum sim_stage { SIM_STAGE_WAIT, SIM_STAGE_TALK, SIM_STAGE_ANALYSIS, SIM_STAGE_DONE };

struct sim_call {
    struct sim_timer timer; /* its next step */
    struct sim_workspace *ws;
    uint32_t ordinal; /* place in the ledger */
    char id[34];
    uint8_t status;  /* enum sim_status */
    uint8_t kind;    /* enum sim_kind */
    uint8_t stage;   /* enum sim_stage */
    uint8_t outcome; /* enum sim_outcome: planned, and true once the call has ended */
    uint8_t turn;    /* transcript turns already told */
    bool inbound, deleted, takes_slot, analyzed, will_be_analyzed, ended, directed, has_held;
    uint8_t storage;       /* enum: data_storage_setting */
    const char *from, *to; /* "" for web calls */
    const char *agent_id, *agent_name;
    int32_t agent_version;
    struct sim_hook hook;
    const char *metadata, *variables, *sip_headers; /* compact JSON, NULL = never given */
    const char *idempotency_key;
    const char *batch_id;
    int64_t created_ms, start_ms, end_ms; /* wall clock; 0 = not (yet) */
    int64_t duration_ms;                  /* simulated */
    int32_t talk_ms, analysis_ms;
};

struct sim_world {
    struct sim *sim;
    struct sim_workspace *workspaces;
    struct sim_call **calls;
    uint32_t ncalls, cap;
    uint32_t nnumbers, nbatches; /* ever made */
    struct sim_index index;
    struct sim_text text;
};

extern const char *const sim_scopes[]; /* NULL-terminated */
extern const char *const sim_event_names[SIM_EVENTS];
extern const char *const sim_number_fields[SIM_NUMBER_FIELDS];

/* Merge a JSON array of workspaces; they are told apart by org_name. */
bool sim_world_merge(struct sim_world *w, struct str workspaces, struct buf *why) MUSTCHECK;
void sim_world_free(struct sim_world *w);

struct sim_workspace *sim_world_by_key(const struct sim_world *w, struct str key,
                                       const struct sim_key **found);
const struct sim_key *sim_webhook_key(const struct sim_workspace *ws);
struct sim_agent *sim_agent_find(const struct sim_workspace *ws, struct str id);
struct sim_number *sim_number_find(const struct sim_workspace *ws, struct str e164);

/* The first agent of a number's weighted list; NULL when there is none (any more). */
struct sim_agent *sim_number_agent(const struct sim_workspace *ws, const struct sim_number *n,
                                   enum sim_number_field list);

/* Add a number to the workspace; it owns nothing the caller must free. */
struct sim_number *sim_number_add(struct sim_world *w, struct sim_workspace *ws, struct str e164,
                                  enum sim_trunk trunk);
void sim_number_remove(struct sim_workspace *ws, struct sim_number *n);

/* Take what `body` gives of the kept settings. */
void sim_number_update(struct sim_world *w, struct sim_number *n, struct str body);

/* Read webhook_url, webhook_events, webhook_timeout_ms where given. */
void sim_hook_read(struct sim_world *w, struct sim_hook *hook, struct str json);

/* `over` where it says something, `base` elsewhere. */
struct sim_hook sim_hook_over(struct sim_hook base, struct sim_hook over);

/* The call of this workspace with this id, not deleted; NULL when there is none. */
struct sim_call *sim_call_find(const struct sim_world *w, const struct sim_workspace *ws,
                               struct str id);

/* A new call in the ledger, with its ordinal; the caller fills it and calls sim_call_index(). */
struct sim_call *sim_call_new(struct sim_world *w, struct sim_workspace *ws);
void sim_call_index(struct sim_world *w, const struct sim_call *c);

/* Index the metadata again after a change; old entries stay and are checked by readers. */
void sim_call_index_metadata(struct sim_world *w, const struct sim_call *c);

/* Hashes of what calls are found by. */
uint64_t sim_hash_metadata(const struct sim_workspace *ws, struct str key, struct str value);
uint64_t sim_hash_field(const struct sim_workspace *ws, char kind, struct str value);

#define SIM_BY_ID 'c'
#define SIM_BY_TO 't'
#define SIM_BY_BATCH 'b'
#define SIM_BY_IDEMPOTENCY 'i'

#endif
