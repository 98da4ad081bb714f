/* ops_batch.c - batch calls: tasks started one by one, as slots, starts and the clock allow. */

#include "common/base/clock.h"
#include "tests/retell_sim/batch.h"
#include "tests/retell_sim/calls.h"
#include "tests/retell_sim/json.h"
#include "tests/retell_sim/json_out.h"
#include "tests/retell_sim/schema.h"

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define RETRY_MS 200.0 /* simulated: until a slot or a start may be free */
#define CLOSED_MS 60e3 /* real: until the window may be open */
#define DAY_MINUTES 1440
#define ZONE_DEFAULT "America/Los_Angeles"

struct sim_batch {
    struct sim *s;
    struct sim_workspace *ws;
    char id[40];
    char from[64];
    const char *tasks; /* JSON array */
    struct sim_json_iter at;
    struct sim_batch_window window;
    double reserved;
    struct sim_timer timer;
    struct sim_batch *next;
};

static const struct sim_field batch_fields[] = {
    {"from_number", SF_STRING, SF_REQUIRED | SF_FILLED, NULL},
    {"tasks", SF_ARRAY, SF_REQUIRED | SF_FILLED, NULL},
    {"name", SF_STRING, 0, NULL},
    {"trigger_timestamp", SF_NUMBER, 0, NULL},
    {"reserved_concurrency", SF_INTEGER, 0, NULL},
    {"call_time_window", SF_OBJECT, 0, NULL},
};

static const struct sim_field task_fields[] = {
    {"to_number", SF_STRING, SF_REQUIRED | SF_FILLED, NULL},
    {"override_agent_id", SF_STRING, SF_FILLED, NULL},
    {"override_agent_version", SF_VERSION, 0, NULL},
    {"metadata", SF_OBJECT, 0, NULL},
    {"retell_llm_dynamic_variables", SF_STRING_MAP, 0, NULL},
    {"agent_override", SF_OBJECT, 0, NULL},
    {"custom_sip_headers", SF_STRING_MAP, 0, NULL},
    {"ignore_e164_validation", SF_BOOLEAN, 0, NULL},
};

static const char *const days[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                   "Friday", "Saturday", "Sunday"};

static bool read_days(struct str list, unsigned *mask, struct sim_reply *r)
{
    *mask = list.n ? 0 : 0x7f;
    for (struct sim_json_iter i = sim_json_items(list); sim_json_next(&i);) {
        size_t d = 0;
        while (d < ARRAY_LEN(days) && !sim_json_is(i.value, days[d]))
            d++;
        if (d == ARRAY_LEN(days)) {
            sim_reply_schema(r, "request/body/call_time_window/day must be equal to one of the "
                                "allowed values");
            return false;
        }
        *mask |= 1u << d;
    }
    return true;
}

static bool read_zone(struct str zone, struct sim_batch_window *w, struct sim_reply *r)
{
    bool named = zone.n ? sim_json_cstr(zone, w->zone, sizeof(w->zone))
                        : snprintf(w->zone, sizeof(w->zone), "%s", ZONE_DEFAULT) > 0;
    GTimeZone *tz = named ? g_time_zone_new_identifier(w->zone) : NULL;

    if (tz)
        g_time_zone_unref(tz);
    else
        sim_reply_error(r, 400, "Invalid timezone in call_time_window.");
    return tz != NULL;
}

bool sim_batch_window_read(struct str v, struct sim_batch_window *w, struct sim_reply *r)
{
    static const struct sim_field fields[] = {{"windows", SF_ARRAY, SF_REQUIRED | SF_FILLED, NULL},
                                              {"timezone", SF_STRING, 0, NULL},
                                              {"day", SF_ARRAY, 0, NULL}};

    *w = (struct sim_batch_window){.days = 0x7f};
    if (!v.n)
        return true;
    if (!sim_schema(v, "request/body/call_time_window", fields, ARRAY_LEN(fields), r)
        || !read_days(sim_json_get(v, "day"), &w->days, r)
        || !read_zone(sim_json_get(v, "timezone"), w, r))
        return false;
    for (struct sim_json_iter i = sim_json_items(sim_json_get(v, "windows")); sim_json_next(&i);) {
        double start = sim_json_number(sim_json_get(i.value, "start"));
        double end = sim_json_number(sim_json_get(i.value, "end"));
        if (w->n == ARRAY_LEN(w->start) || start < 0 || start >= end || end > DAY_MINUTES) {
            sim_reply_schema(r, "request/body/call_time_window/windows must not cross midnight: "
                                "0 <= start < end <= 1440");
            return false;
        }
        w->start[w->n] = (int)start;
        w->end[w->n++] = (int)end;
    }
    return true;
}

bool sim_batch_window_open(const struct sim_batch_window *w, int64_t unix_ms)
{
    if (!w->n)
        return true;
    GTimeZone *tz = g_time_zone_new_identifier(w->zone);
    GDateTime *utc = g_date_time_new_from_unix_utc(unix_ms / 1000);
    GDateTime *local = g_date_time_to_timezone(utc, tz);
    int minute = g_date_time_get_hour(local) * 60 + g_date_time_get_minute(local);
    unsigned day = 1u << (g_date_time_get_day_of_week(local) - 1);
    bool open = false;

    for (size_t i = 0; i < w->n && w->days & day; i++)
        open = open || (minute >= w->start[i] && minute < w->end[i]);
    g_date_time_unref(local);
    g_date_time_unref(utc);
    g_time_zone_unref(tz);
    return open;
}

static struct sim_agent *task_agent(const struct sim_batch *b, struct str task,
                                    const struct sim_number *number)
{
    struct str asked = sim_json_get(task, "override_agent_id");
    char id[64];

    if (!asked.n)
        return sim_number_agent(b->ws, number, SIM_NF_outbound_agents);
    return sim_json_cstr(asked, id, sizeof(id)) ? sim_agent_find(b->ws, str_of(id)) : NULL;
}

/* A task that cannot be placed (agent or number gone) is passed over, as a batch has no errors. */
static void place_task(struct sim_batch *b, struct str task, const struct sim_number *number)
{
    struct sim_agent *agent = task_agent(b, task, number);
    char to[64];

    if (!agent || !sim_json_cstr(sim_json_get(task, "to_number"), to, sizeof(to)))
        return;
    sim_call_place(b->s, &(struct sim_placing){
                             .ws = b->ws,
                             .from = b->from,
                             .to = to,
                             .agent = agent,
                             .body = task,
                             .version = sim_json_get(task, "override_agent_version"),
                             .batch_id = b->id,
                             .forced = -1,
                         });
}

static void next_tasks(struct sim_timer *t)
{
    struct sim_batch *b = SIM_CONTAINER(t, struct sim_batch, timer);
    struct sim_timers *timers = &b->s->timers;
    struct sim_number *number = sim_number_find(b->ws, str_of(b->from));

    while (number) {
        struct sim_json_iter ahead = b->at;
        if (!sim_json_next(&ahead))
            return;
        if (!sim_batch_window_open(&b->window, clock_now_us() / 1000)) {
            sim_timer_after_real_ms(timers, t, CLOSED_MS);
            return;
        }
        if (sim_capacity_take(b->s, b->ws, number->trunk, b->reserved) != SIM_CAPACITY_FREE) {
            sim_timer_after_ms(timers, t, RETRY_MS);
            return;
        }
        b->at = ahead;
        place_task(b, ahead.value, number);
    }
}

static bool check_tasks(struct str tasks, struct sim_reply *r)
{
    char where[64], to[64];
    int n = 0;

    for (struct sim_json_iter i = sim_json_items(tasks); sim_json_next(&i); n++) {
        snprintf(where, sizeof(where), "request/body/tasks/%d", n);
        if (!sim_schema(i.value, where, task_fields, ARRAY_LEN(task_fields), r))
            return false;
        if (sim_json_true(sim_json_get(i.value, "ignore_e164_validation")))
            continue;
        if (!sim_json_cstr(sim_json_get(i.value, "to_number"), to, sizeof(to))
            || !sim_is_e164(to)) {
            sim_reply_error(r, 400, "Phone number is not valid E.164: tasks/%d", n);
            return false;
        }
    }
    return true;
}

static struct sim_batch *batch_new(struct sim *s, struct sim_workspace *ws)
{
    struct sim_batch *b = calloc(1, sizeof(*b));

    if (!b)
        abort();
    b->s = s;
    b->ws = ws;
    struct sim_rng r = sim_rng_for(s->config.seed, SIM_RNG_NAME, ~(uint64_t)s->world.nbatches++);
    snprintf(b->id, sizeof(b->id), "batch_call_%016llx", (unsigned long long)sim_rng_next(&r));
    b->timer.fire = next_tasks;
    b->next = s->batches;
    s->batches = b;
    return b;
}

static void reply_batch(const struct sim_batch *b, struct str body, int64_t trigger_ms,
                        struct sim_reply *r)
{
    struct str name = sim_json_get(body, "name"), window = sim_json_get(body, "call_time_window");
    struct buf *out = sim_reply_json(r, 201);

    sim_open(out, NULL, '{');
    sim_put_text(out, "batch_call_id", b->id);
    sim_key(out, "name");
    buf_add(out, name.n ? name.p : "\"Batch call\"", name.n ? name.n : 12);
    sim_put_text(out, "from_number", b->from);
    sim_put_i64(out, "scheduled_timestamp",
                trigger_ms / 1000); /* seconds, as the vendor's example */
    sim_put_i64(out, "total_task_count", (int64_t)sim_json_count(str_of(b->tasks)));
    if (window.n) {
        sim_key(out, "call_time_window");
        buf_add(out, window.p, window.n);
    }
    sim_close(out, '}');
}

void sim_op_create_batch_call(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct sim_batch_window window;
    struct str body;
    char from[64] = "";

    if (!sim_body(q, r, &body)
        || !sim_schema(body, "request/body", batch_fields, ARRAY_LEN(batch_fields), r)
        || !check_tasks(sim_json_get(body, "tasks"), r)
        || !sim_batch_window_read(sim_json_get(body, "call_time_window"), &window, r))
        return;
    if (!sim_json_cstr(sim_json_get(body, "from_number"), from, sizeof(from))
        || !sim_number_find(q->ws, str_of(from))) {
        sim_reply_error(r, s->config.not_found_from_number, "Item %s not found from phone-number",
                        from);
        return;
    }
    struct sim_batch *b = batch_new(s, q->ws);
    int64_t now = clock_now_us() / 1000;
    double trigger = sim_json_number(sim_json_get(body, "trigger_timestamp"));
    snprintf(b->from, sizeof(b->from), "%s", from);
    b->tasks = sim_text_keep(&s->world.text, sim_json_get(body, "tasks"));
    b->at = sim_json_items(str_of(b->tasks));
    b->window = window;
    b->reserved = sim_json_number(sim_json_get(body, "reserved_concurrency"));
    sim_timer_after_real_ms(&s->timers, &b->timer, fmax(0, trigger - (double)now));
    reply_batch(b, body, trigger > 0 ? (int64_t)trigger : now, r);
}

void sim_batches_free(struct sim *s)
{
    for (struct sim_batch *b = s->batches, *next; b; b = next) {
        next = b->next;
        sim_timer_stop(&s->timers, &b->timer);
        free(b);
    }
    s->batches = NULL;
}
