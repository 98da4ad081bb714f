/* doctor.c - agoralia doctor: is everything there that the product rests on? */

#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/key_ring.h"
#include "common/base/libraries.h"
#include "common/base/tz.h"
#include "common/number/phone_facts.h"
#include "common/provider/http.h"
#include "common/provider/provider.h"
#include "common/store/db.h"
#include "common/store/migrate.h"
#include "common/store/pool.h"
#include "common/store/wall.h"
#include "queries.h"
#include "worker/cli/queue.h"

#include <ctype.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <uv.h>

/* Whoever asks a doctor does not want to wait for one that is gone. */
enum { CHECK_WITHIN_US = 5 * 1000 * 1000, OLDEST_POSTGRES = 150000 };

enum grade { GRADE_OK, GRADE_WARNING, GRADE_FAILED };

static const char *const grade_names[] = {"ok", "WARNING", "FAILED"};

/* A check says what it found; what failed in its op is said for it. */
#define CHECK(name) static enum grade check_##name(struct cli *c, const char **says)

static enum grade grade_failure(const struct cli *c, const char **says)
{
    const struct err *e = &c->op->err;

    *says = e->cause ? arena_printf(&c->op->arena, "%s (%s)", e->message, e->cause) : e->message;
    return GRADE_FAILED;
}

CHECK(tzdata)
{
    const char *complaint = tz_complaint();

    *says =
        complaint ? arena_printf(&c->op->arena, "%s: %s", tz_version(), complaint) : tz_version();
    if (!complaint)
        return GRADE_OK;
    return tz_valid("UTC") ? GRADE_WARNING : GRADE_FAILED;
}

/* A number whose answer has not changed for decades, through all of the machinery. */
CHECK(phone_numbers)
{
    struct phone_facts f = phone_facts("+390212345678");

    *says = arena_printf(&c->op->arena, "libphonenumber's data %s", phone_data_version());
    if (f.valid && f.type == PHONE_FIXED_LINE && f.n_zones == 1
        && f.zones[0] == tz_get("Europe/Rome"))
        return GRADE_OK;
    *says = arena_printf(&c->op->arena, "%s: a number in Milan is not known as one", *says);
    return GRADE_FAILED;
}

CHECK(database)
{
    struct migrate_status s;

    if (!pool_ready(c->op) || !migrate_status(c->op, c->conf->database_url, &s))
        return grade_failure(c, says);
    *says = arena_printf(&c->op->arena, "PostgreSQL %d.%d, libpq %d.%d, %d migrations applied",
                         s.server_version / 10000, s.server_version % 10000,
                         s.client_version / 10000, s.client_version % 10000, s.applied);
    if (s.server_version < OLDEST_POSTGRES)
        *says = arena_printf(&c->op->arena, "%s; at least 15 is needed", *says);
    if (s.missing > 0)
        *says =
            arena_printf(&c->op->arena, "%s, %d missing: run agoralia migrate", *says, s.missing);
    return s.server_version < OLDEST_POSTGRES || s.missing > 0 ? GRADE_FAILED : GRADE_OK;
}

/* A login that could take the wall down is no fault of the tables: it is said, and passes. */
CHECK(wall)
{
    struct wall w;

    if (!wall_look(c->op, &w))
        return grade_failure(c, says);
    if (w.open_tables) {
        *says = arena_printf(
            &c->op->arena, "tenants are not kept apart in %s: run agoralia migrate", w.open_tables);
        return GRADE_FAILED;
    }
    if (w.above || w.owner) {
        *says = arena_printf(&c->op->arena,
                             "stands, but the login %s %s: give the services one of their own "
                             "(deploy/README.md)",
                             w.login, w.above ? "is above it" : "owns tables");
        return GRADE_WARNING;
    }
    *says =
        arena_printf(&c->op->arena, "stands around every table of tenants, for %s too", w.login);
    return GRADE_OK;
}

/* On each connection the eviction policy and the clock are looked at: see hello.h. */
CHECK(redis)
{
    struct broker *b = cli_broker(c);
    const struct redisReply *answer;
    struct call call = {0};

    if (!b)
        return grade_failure(c, says);
    call_stats(&call, broker_caller(b), "calls");
    if (!cli_call(c, b, &call, &answer))
        return grade_failure(c, says);
    *says = "answers, keeps its keys, and its clock agrees";
    return GRADE_OK;
}

CHECK(provider)
{
    struct provider_concurrency calls;
    struct provider *p;

    if (!c->conf->retell_api_key) {
        *says = "RETELL_API_KEY is not set: no call can be made with these settings";
        return GRADE_WARNING;
    }
    if (!(p = provider_open(c->conf->provider, c->conf))) {
        *says = "its settings cannot be used";
        return GRADE_FAILED;
    }
    bool ok = p->get_concurrency(c->op, p, &calls);
    if (ok)
        *says = arena_printf(&c->op->arena, "retell, %" PRId64 " of %" PRId64 " calls live",
                             calls.current, calls.limit);
    p->close(p);
    return ok ? GRADE_OK : grade_failure(c, says);
}

/* Of the keys that secrets in the database are sealed with, how many are not here? */
static int64_t keys_missing(struct key_ring *ring, const struct rows *keys, int64_t *secrets)
{
    int64_t missing = 0;

    *secrets = 0;
    for (int i = 0; i < keys->n; i++) {
        *secrets += db_i64(keys, i, "n");
        missing += !key_ring_has(ring, db_text(keys, i, "key_id"));
    }
    return missing;
}

static enum grade judge_secrets(struct cli *c, struct key_ring *ring, const struct rows *keys,
                                const char **says)
{
    const char *file = c->conf->secrets_key_file, *wrong = key_ring_complaint(ring);
    int64_t secrets, missing = keys_missing(ring, keys, &secrets);

    *says = arena_printf(&c->op->arena, "%" PRId64 " kept", secrets);
    if (!file && secrets == 0)
        *says = "SECRETS_KEY_FILE is not set: no tenant can have a provider key of its own";
    else if (wrong)
        *says = arena_printf(&c->op->arena, "%s, and %s cannot be used: %s", *says,
                             file ? file : "SECRETS_KEY_FILE", wrong);
    else if (missing)
        *says = arena_printf(&c->op->arena, "%s, and %" PRId64 " of their keys are not in %s",
                             *says, missing, file);
    return missing || (file && wrong) ? GRADE_FAILED : GRADE_OK;
}

CHECK(secrets)
{
    struct rows keys;

    if (!db_query(c->op, &SQL_SECRET_KEYS, NO_ARGS, &keys))
        return grade_failure(c, says);
    struct key_ring *ring = key_ring_open(c->conf->secrets_key_file);
    enum grade grade = judge_secrets(c, ring, &keys, says);
    key_ring_close(ring);
    return grade;
}

CHECK(libraries)
{
    *says = arena_printf(&c->op->arena, "%s, hiredis %d.%d.%d, libuv %s, %s",
                         libraries_of_base(c->op), HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH,
                         uv_version_string(), http_library());
    return GRADE_OK;
}

static const struct check {
    const char *name;
    enum grade (*run)(struct cli *c, const char **says);
} checks[] = {
    {"tzdata", check_tzdata},     {"phone numbers", check_phone_numbers},
    {"database", check_database}, {"tenant wall", check_wall},
    {"redis", check_redis},       {"provider", check_provider},
    {"secrets", check_secrets},   {"libraries", check_libraries},
};

/* On one line, whatever foreign words it is made of. */
static void print_says(const char *says)
{
    for (bool space = false; *says; says++) {
        bool now = isspace((unsigned char)*says) != 0;
        if (now && !space && says[1])
            putchar(' ');
        else if (!now)
            putchar(*says);
        space = now;
    }
    putchar('\n');
}

/* Each in an op of its own: one failure is no other's. */
static enum grade examine(const struct cli *c, const struct check *check)
{
    struct op part = op_part(c->op);
    struct cli own = *c;
    const char *says = "";

    own.op = &part;
    part.deadline_us = clock_mono_us() + CHECK_WITHIN_US;
    enum grade grade = check->run(&own, &says);
    printf("%-8s %-14s ", grade_names[grade], check->name);
    print_says(says);
    op_end(&part);
    return grade;
}

static int doctor_command(struct cli *c)
{
    enum grade worst = GRADE_OK;

    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        enum grade grade = examine(c, &checks[i]);
        if (grade > worst)
            worst = grade;
    }
    return worst == GRADE_FAILED ? CLI_FAILED : CLI_OK;
}

const struct command doctor_commands[] = {
    {"doctor", NULL, "", "is everything there that the product rests on?", doctor_command, false},
    {0},
};
