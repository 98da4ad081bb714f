/* scene.c - rows and claims that most feature tests begin with. */

#include "tests/support/scene.h"

#include "common/lead/lead.h"
#include "common/number/number.h"

/*
 * Italy's law without its hours, and with switches where its document asks for proofs and for
 * the registry: what a test is about is seldom that.
 */
static const char italy_listens[] =
    "UPDATE platform_country_rules SET quiet_hours_enabled = false, dnc_registry_enabled = false, "
    "extended = extended - 'dnc' - 'consent' WHERE country_iso = 'IT'";

/* Closed from an hour ago until two hours from now, where its numbers are. */
static const char germany_sleeps[] =
    "UPDATE platform_country_rules SET quiet_hours_enabled = true, timezone = 'Europe/Berlin', "
    "extended = '{}', quiet_hours = "
    "to_char(now() AT TIME ZONE 'Europe/Berlin' - interval '1 hour', 'HH24:MI') || '-' || "
    "to_char(now() AT TIME ZONE 'Europe/Berlin' + interval '2 hours', 'HH24:MI') WHERE country_iso "
    "= 'DE'";

/* The one whose test is running. */
static struct scene *current;

int scene_setup(void **state)
{
    struct scene *s = calloc(1, sizeof(*s));

    if (!s || testdb_setup((void **)&s->db) != 0)
        abort();
    s->provider = fake_provider_open(&s->db->conf);
    s->db->app.provider = &s->provider->provider;
    free(testdb_sql(s->db, "%s", italy_listens));
    free(testdb_sql(s->db, "%s", germany_sleeps));
    s->tenant = testdb_tenant(s->db);
    struct op op = testdb_op(s->db, s->tenant);
    struct number n = NUMBER_DEFAULTS;
    n.e164 = FAKE_NUMBER;
    assert_ok(&op, number_register(&op, &n));
    op_end(&op);
    *state = current = s;
    return 0;
}

int scene_teardown(void **state)
{
    struct scene *s = *state;
    void *db = s->db;

    fake_provider_close(s->provider);
    free(s);
    return testdb_teardown(&db);
}

void scene_give_start(int64_t row)
{
    free(
        testdb_sql(current->db,
                   "UPDATE scheduled_calls SET status = 'queued', queued_at = clock_timestamp() "
                   "WHERE id = %lld AND status = 'scheduled' AND scheduled_at <= clock_timestamp()",
                   (long long)row));
}

bool scene_says(struct scene *s, const char *fmt, ...)
{
    va_list ap;
    char sql[1024];

    va_start(ap, fmt);
    vsnprintf(sql, sizeof(sql), fmt, ap);
    va_end(ap);
    return testdb_number(s->db, "SELECT (%s)::int", sql) == 1;
}

/* The fake provider has one number, and it is the first tenant's: this one's is written down. */
int64_t scene_stranger(struct scene *s)
{
    int64_t tenant = testdb_tenant(s->db);

    free(testdb_sql(s->db,
                    "INSERT INTO numbers (tenant_id, e164, status) "
                    "VALUES (%lld, '+3906%07lld', 'active')",
                    (long long)tenant, (long long)tenant));
    return tenant;
}

struct campaign scene_draft(void)
{
    struct campaign c = CAMPAIGN_DEFAULTS;

    c.name = "scene";
    c.agent_id = FAKE_AGENT;
    c.from_number = FAKE_NUMBER;
    c.spacing_seconds = 0;
    return c;
}

int64_t scene_campaign(struct scene *s, int64_t tenant, struct campaign c)
{
    struct op op = testdb_op(s->db, tenant);
    char own[32];

    if (tenant != s->tenant && c.from_number) {
        snprintf(own, sizeof(own), "+3906%07lld", (long long)tenant);
        c.from_number = own;
    }
    assert_ok(&op, campaign_create(&op, &c));
    op_end(&op);
    return c.id;
}

int64_t scene_lead(struct scene *s, int64_t tenant, int64_t campaign, const char *phone)
{
    struct op op = testdb_op(s->db, tenant);
    struct lead l = {.name = "Lead",
                     .phone = phone,
                     .campaign_id = {campaign != 0, campaign},
                     .consent_status = CONSENT_GRANTED};

    assert_ok(&op, lead_create(&op, &l));
    op_end(&op);
    return l.id;
}

const char *scene_phone(char phone[16], int n)
{
    snprintf(phone, 16, "+39349%07d", 1000000 + n % 1000000);
    return phone;
}

static void nobody_listens(void)
{
}

void scene_start(struct scene *s, int64_t tenant, int64_t campaign)
{
    struct op op = testdb_op(s->db, tenant);
    struct campaign_execution e;

    assert_ok(&op, campaign_start(&op, campaign, &e));
    assert_ok(&op, execution_generate(&op, campaign, nobody_listens));
    op_end(&op);
}

int64_t scene_running(struct scene *s, int64_t tenant, struct campaign c, int n)
{
    int64_t id = scene_campaign(s, tenant, c);
    char phone[16];

    for (int i = 0; i < n; i++)
        scene_lead(s, tenant, id, scene_phone(phone, (int)id * 1000 + i));
    scene_start(s, tenant, id);
    return id;
}

int64_t scene_first_row(struct scene *s, int64_t campaign)
{
    return testdb_number(s->db, "SELECT min(id) FROM scheduled_calls WHERE campaign_id = %lld",
                         (long long)campaign);
}

int64_t scene_row(struct scene *s, const char *phone)
{
    int64_t id = scene_campaign(s, s->tenant, scene_draft());

    scene_lead(s, s->tenant, id, phone);
    scene_start(s, s->tenant, id);
    return scene_first_row(s, id);
}

enum claim_fate scene_claim(struct op *op, int64_t row, struct claim *c)
{
    scene_give_start(row);
    assert_ok(op, scheduled_call_claim(op, row, c));
    return c->fate;
}

void scene_dial(struct scene *s, int64_t tenant, int64_t row)
{
    struct op op = testdb_op(s->db, tenant);
    struct claim c;

    assert_int_equal(scene_claim(&op, row, &c), CLAIM_INTENT);
    assert_ok(&op, call_dial(&op, &c));
    op_end(&op);
}
