/* twins.c - the same statement in two databases, and everything that it changed. */

#include "tests/support/twins.h"

#include "tests/support/check.h"
#include "tests/support/testdb.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARAMS_MAX = 40, RUNS_MAX = 2 + 2 * PARAMS_MAX };

struct twins {
    void *both_db, *alone_db; /* struct testdb */
    PGconn *both, *alone;
    char *digest;    /* the first tenant's rows as one text */
    char *sequences; /* puts every sequence where it was */
    char difference[4096];
};

static PGresult *ask(PGconn *pg, const char *sql)
{
    PGresult *r = PQexec(pg, sql);

    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
        fail_msg("%.200s: %s", sql, PQresultErrorMessage(r));
    return r;
}

static void tell(PGconn *pg, const char *sql)
{
    PQclear(ask(pg, sql));
}

static char *text_of(PGconn *pg, const char *sql)
{
    PGresult *r = ask(pg, sql);
    char *text = strdup(PQgetvalue(r, 0, 0));

    PQclear(r);
    return text;
}

/* ---- two databases ------------------------------------------------------- */

static char *read_template(void)
{
    FILE *f = fopen("tests/data/twin.sql", "r");
    char *text = calloc(1, 64 * 1024);

    if (!f || !text || fread(text, 1, 64 * 1024 - 1, f) == 0)
        fail_msg("tests/data/twin.sql cannot be read");
    fclose(f);
    return text;
}

/* The next part of the template for this tenant: what is for both, then what is only the one's. */
static void add_part(struct buf *sql, const char *part, size_t n, int tenant)
{
    for (const char *p = part; p < part + n; p++) {
        if (*p != '%')
            buf_char(sql, *p);
        else if (p[1] == 'T')
            buf_printf(sql, "%d", tenant), p++;
        else if (tenant == TWIN_B)
            buf_char(sql, '1');
    }
}

static void add_twin(PGconn *pg, int tenant)
{
    char *template = read_template();
    const char *first = strstr(template, "-- first only"), *second = strstr(template, "-- second");
    struct buf sql = {0};

    buf_str(&sql, "SET session_replication_role = replica;");
    add_part(&sql, template, (size_t)(first - template), tenant);
    if (tenant == TWIN_A)
        add_part(&sql, first, (size_t)(second - first), tenant);
    else
        add_part(&sql, second, strlen(second), tenant);
    buf_str(&sql, ";RESET session_replication_role");
    tell(pg, sql.p);
    buf_free(&sql);
    free(template);
}

/* Time stands still, a request may always be repeated, and whoever touches the second tenant's row
 * is stopped. */
static const char stage[] =
    "CREATE SCHEMA fake;"
    "CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql IMMUTABLE AS "
    "$$SELECT '2026-06-15 12:00Z'::timestamptz$$;"
    "CREATE FUNCTION fake.now() RETURNS timestamptz LANGUAGE sql IMMUTABLE AS "
    "$$SELECT '2026-06-15 12:00Z'::timestamptz$$;"
    "CREATE OR REPLACE FUNCTION may_be_repeated(a call_attempts, asked_account TEXT) RETURNS "
    "boolean LANGUAGE sql STABLE AS 'SELECT true';"
    "CREATE FUNCTION touched() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE whose TEXT := "
    "CASE TG_TABLE_NAME WHEN 'tenants' THEN 'id' ELSE 'tenant_id' END; BEGIN"
    " IF TG_OP <> 'INSERT' AND (to_jsonb(OLD) ->> whose) = '2' OR TG_OP <> 'DELETE' AND "
    "(to_jsonb(NEW) ->> whose) = '2' THEN RAISE EXCEPTION 'touched %', TG_TABLE_NAME; END IF;"
    " RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END; END $$;"
    "DO $$ DECLARE t TEXT; BEGIN FOR t IN SELECT name FROM walled_tables() LOOP"
    " EXECUTE format('CREATE TRIGGER aaa_touched BEFORE INSERT OR UPDATE OR DELETE ON %I FOR EACH "
    "ROW EXECUTE FUNCTION touched()', t); END LOOP; END $$;"
    "DO $$ DECLARE c RECORD; BEGIN FOR c IN SELECT table_name, column_name FROM "
    "information_schema.columns WHERE table_schema = 'public' AND data_type = 'timestamp with time "
    "zone' AND column_default ~ '(now|clock_timestamp)' LOOP EXECUTE format('ALTER TABLE %I ALTER "
    "%I SET DEFAULT %L', c.table_name, c.column_name, '2026-06-15 12:00Z'); END LOOP; END $$;"
    "SET search_path = fake, pg_catalog, public; SET enable_seqscan = off; SET jit = off";

/* Without what is another each time: instants of defaults, transactions, a message's random id. */
static const char digest_of_all[] =
    "SELECT 'SELECT ' || string_agg(format('(SELECT string_agg(r::text, '';'' ORDER BY r::text) "
    "FROM (SELECT %s FROM %I WHERE %I = 1) r)', columns, name, owner), ', ') FROM ("
    "SELECT w.name, w.owner, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns"
    "  FROM walled_tables() w JOIN pg_class c ON c.relname = w.name"
    "  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " WHERE a.atttypid NOT IN ('timestamptz'::regtype, 'xid8'::regtype)"
    "   AND a.attname NOT IN ('message_id', 'shard')"
    " GROUP BY w.name, w.owner) t";

static const char all_sequences[] =
    "SELECT 'SELECT ' || string_agg(format('setval(%L, 1000)', oid::regclass), ', ') FROM pg_class "
    "WHERE relkind = 'S'";

static PGconn *set_stage(const char *url)
{
    PGconn *pg = PQconnectdb(url);

    tell(pg, "SET client_min_messages = error");
    tell(pg, stage);
    return pg;
}

struct twins *twins_open(void)
{
    struct twins *t = calloc(1, sizeof(*t));

    if (!t || testdb_setup(&t->both_db) != 0 || testdb_setup(&t->alone_db) != 0)
        abort();
    t->both = set_stage(((struct testdb *)t->both_db)->url);
    t->alone = set_stage(((struct testdb *)t->alone_db)->url);
    add_twin(t->both, TWIN_A);
    add_twin(t->both, TWIN_B);
    add_twin(t->alone, TWIN_A);
    t->digest = text_of(t->both, digest_of_all);
    t->sequences = text_of(t->both, all_sequences);
    return t;
}

void twins_close(struct twins *t)
{
    PQfinish(t->both);
    PQfinish(t->alone);
    testdb_teardown(&t->both_db);
    testdb_teardown(&t->alone_db);
    free(t->digest);
    free(t->sequences);
    free(t);
}

/* ---- arguments ----------------------------------------------------------- */

struct argument {
    const char *query, *name, *values[2]; /* query NULL = whichever */
};

static const struct argument arguments[] = {
#define ARGUMENT(name, a, b) {NULL, name, {a, b}},
#define ARGUMENT_OF(query, name, a, b) {query, name, {a, b}},
#include "tests/support/twins.def"
#undef ARGUMENT
#undef ARGUMENT_OF
};

static bool is_of(const struct argument *a, const char *query, const char *name)
{
    return strcmp(a->name, name) == 0
           && (query ? a->query && strcmp(a->query, query) == 0 : !a->query);
}

/* How many the query has of its own for this name; *found is the one whose turn it is. */
static int own_arguments(const struct query *q, const char *name, int turn,
                         const struct argument **found)
{
    int n = 0;

    for (size_t i = 0; i < ARRAY_LEN(arguments); i++)
        if (is_of(&arguments[i], q->name, name) && n++ <= turn)
            *found = &arguments[i];
    return n;
}

static const struct argument *find_argument(const struct query *q, const char *name, int turn)
{
    static const struct argument none = {0};
    const struct argument *found = &none;

    for (size_t i = 0; i < ARRAY_LEN(arguments); i++)
        if (is_of(&arguments[i], NULL, name))
            found = &arguments[i];
    own_arguments(q, name, turn, &found);
    return found;
}

static int turns_of(const struct query *q)
{
    const struct argument *last;
    int most = 1, n;

    for (int i = 0; q->params[i]; i++)
        if ((n = own_arguments(q, q->params[i], 0, &last)) > most)
            most = n;
    return most;
}

static bool tells_twins_apart(const struct argument *a)
{
    return a->values[0] && a->values[1] && strcmp(a->values[0], a->values[1]) != 0;
}

/* Trial 0: all the first's, 1: all the second's, then each by itself the other way round. */
static bool choose(const struct query *q, int turn, int trial, const char *values[PARAMS_MAX],
                   int *n)
{
    int key = 0, odd_one = trial / 2 - 1, others = trial % 2;
    bool found = trial < 2;

    for (*n = 0; q->params[*n]; (*n)++) {
        const struct argument *a = find_argument(q, q->params[*n], turn);
        int which = others;

        if (strcmp(q->params[*n], "tenant_id") == 0) {
            values[*n] = "1";
            continue;
        }
        if (tells_twins_apart(a) && key++ == odd_one) {
            which = !others;
            found = true;
        }
        values[*n] = a->values[which];
    }
    return found && (trial < 2 || key > 1);
}

/* ---- trials -------------------------------------------------------------- */

static bool writes(const char *sql)
{
    return strstr(sql, "INSERT INTO") || strstr(sql, "UPDATE ") || strstr(sql, "DELETE FROM");
}

static void add_rows(struct buf *out, const PGresult *r)
{
    for (int i = 0; i < PQntuples(r); i++)
        for (int k = 0; k < PQnfields(r); k++)
            buf_printf(out, "%s|", PQgetisnull(r, i, k) ? "-" : PQgetvalue(r, i, k));
}

/* What it answers and leaves behind, as text; nothing stays. */
static bool run(const struct twins *t, PGconn *pg, const char *sql, const char *const *values,
                int n, struct buf *out)
{
    buf_reset(out);
    tell(pg, "BEGIN");
    tell(pg, t->sequences);
    PGresult *r = PQexecParams(pg, sql, n, NULL, values, NULL, NULL, 0);
    bool ok = PQresultStatus(r) == PGRES_TUPLES_OK || PQresultStatus(r) == PGRES_COMMAND_OK;

    if (ok) {
        add_rows(out, r);
        buf_printf(out, "%s rows", PQcmdTuples(r));
    } else {
        buf_printf(out, "%s", PQresultErrorField(r, PG_DIAG_SQLSTATE));
    }
    PQclear(r);
    if (ok && writes(sql)) {
        r = ask(pg, t->digest);
        add_rows(out, r);
        PQclear(r);
    }
    tell(pg, "ROLLBACK");
    return ok;
}

/* A row's transaction is another number in each database. */
static char *without_transactions(const char *sql)
{
    static const char number[] = "xmin::text::bigint";
    char *copy = strdup(sql);

    for (char *at; (at = strstr(copy, number));) {
        memset(at, ' ', sizeof(number) - 1);
        memcpy(at > copy && at[-1] == '.' ? at - 2 : at, " 0", 2);
        if (at > copy && at[-1] == '.')
            at[-1] = '0';
    }
    return copy;
}

/* The trials with what has this turn among the arguments. */
static bool differ_in(struct twins *t, const struct query *q, const char *sql, int turn, int *ran)
{
    struct buf with = {0}, without = {0};
    bool differ = false;

    for (int trial = 0; trial < RUNS_MAX && !differ; trial++) {
        const char *values[PARAMS_MAX];
        int n;

        if (!choose(q, turn, trial, values, &n)) {
            if (trial >= 2)
                break;
            continue;
        }
        *ran += run(t, t->alone, sql, values, n, &without);
        run(t, t->both, sql, values, n, &with);
        differ = with.n != without.n || memcmp(with.p, without.p, with.n) != 0;
        if (differ)
            snprintf(t->difference, sizeof(t->difference),
                     "trial %d\nboth:  %.1900s\nalone: %.1900s", trial, with.p, without.p);
    }
    buf_free(&with);
    buf_free(&without);
    return differ;
}

bool twins_differ(struct twins *t, const struct query *q, const char *text, int *ran)
{
    char *sql = without_transactions(text);
    int turns = turns_of(q);
    bool differ = false;

    *ran = 0;
    for (int turn = 0; turn < turns && !differ; turn++)
        differ = differ_in(t, q, sql, turn, ran);
    free(sql);
    return differ;
}

const char *twins_difference(const struct twins *t)
{
    return t->difference;
}
