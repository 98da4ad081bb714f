/* migrate.c - embedded migrations, applied once each under an advisory lock. */

#include "common/store/migrate.h"

#include "common/base/digest.h"
#include "common/base/embedded.h"

#include <libpq-fe.h>

/* Any constant will do; it is this product's. */
#define LOCK_MIGRATIONS "SELECT pg_advisory_lock(4207849484)"

static const char migrations_folder[] = "sql/migrations/";

static void finish(void *pg)
{
    PQfinish(pg);
}

static void clear_result(void *r)
{
    PQclear(r);
}

static bool run(struct op *op, PGconn *pg, const char *what, const char *sql, PGresult **out)
{
    PGresult *r = PQexec(pg, sql);

    arena_defer(&op->arena, clear_result, r);
    if (out)
        *out = r;
    if (PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK)
        return true;
    return fail_because(op, E_SERVICE_UNAVAILABLE, PQresultErrorMessage(r), "Could not run %s",
                        what);
}

static bool connect_db(struct op *op, const char *url, PGconn **out)
{
    *out = PQconnectdb(url);
    arena_defer(&op->arena, finish, *out);
    if (PQstatus(*out) != CONNECTION_OK)
        return fail_because(op, E_SERVICE_UNAVAILABLE, PQerrorMessage(*out),
                            "The database cannot be reached");
    return run(op, *out, "the session's settings", "SET client_min_messages = warning", NULL);
}

static bool is_migration(const struct embedded_file *f)
{
    return strncmp(f->name, migrations_folder, sizeof(migrations_folder) - 1) == 0;
}

static const char *short_name(const struct embedded_file *f)
{
    return f->name + sizeof(migrations_folder) - 1;
}

/* The checksum under which a migration was applied; NULL when it was not. */
static const char *applied_checksum(const PGresult *applied, const char *name)
{
    for (int i = 0; i < PQntuples(applied); i++)
        if (strcmp(PQgetvalue(applied, i, 0), name) == 0)
            return PQgetvalue(applied, i, 1);
    return NULL;
}

static bool apply(struct op *op, PGconn *pg, const struct embedded_file *f, const char *sum)
{
    const char *note = arena_printf(
        &op->arena, "INSERT INTO schema_migrations (name, checksum) VALUES ('%s', '%s')",
        short_name(f), sum);

    if (run(op, pg, "BEGIN", "BEGIN", NULL) && run(op, pg, short_name(f), f->text, NULL)
        && run(op, pg, short_name(f), note, NULL))
        return run(op, pg, "COMMIT", "COMMIT", NULL);
    PQclear(PQexec(pg, "ROLLBACK"));
    return false;
}

static bool refuse_newer(struct op *op, const PGresult *applied)
{
    for (int i = 0; i < PQntuples(applied); i++) {
        const char *name =
            arena_printf(&op->arena, "%s%s", migrations_folder, PQgetvalue(applied, i, 0));
        if (!embedded_find(name))
            return fail(op, E_INVALID_STATE,
                        "The database has migration %s, which this binary does not know: it is "
                        "older than the database",
                        PQgetvalue(applied, i, 0));
    }
    return true;
}

/* Was this migration applied, and as it is now?  Fails when it was edited since. */
static bool look_up(struct op *op, const PGresult *applied, const struct embedded_file *f,
                    char sum[SHA256_HEX_SIZE], bool *was_applied)
{
    digest_hex(DIGEST_SHA256, (struct str){f->text, f->size}, sum);
    const char *was = applied_checksum(applied, short_name(f));

    *was_applied = was != NULL;
    if (was && strcmp(was, sum) != 0)
        return fail(op, E_INVALID_STATE,
                    "Migration %s was applied with other contents: a migration is never "
                    "edited, write a new one",
                    short_name(f));
    return true;
}

static bool apply_missing(struct op *op, PGconn *pg, const PGresult *applied,
                          void (*on_applied)(const char *name))
{
    for (const struct embedded_file *f = embedded_files; f->name; f++) {
        char sum[SHA256_HEX_SIZE];
        bool done;

        if (!is_migration(f))
            continue;
        if (!look_up(op, applied, f, sum, &done))
            return false;
        if (done)
            continue;
        if (!apply(op, pg, f, sum))
            return false;
        if (on_applied)
            on_applied(short_name(f));
    }
    return true;
}

static bool read_applied(struct op *op, PGconn *pg, PGresult **out)
{
    return run(op, pg, "schema_migrations", "SELECT name, checksum FROM schema_migrations", out)
           && refuse_newer(op, *out);
}

bool migrate(struct op *op, const char *database_url, void (*on_applied)(const char *name))
{
    PGconn *pg;
    PGresult *applied;

    return connect_db(op, database_url, &pg)
           && run(op, pg, "the migration lock", LOCK_MIGRATIONS, NULL)
           && run(op, pg, "schema_migrations",
                  "CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY, "
                  "checksum TEXT NOT NULL, applied_at TIMESTAMPTZ NOT NULL DEFAULT now())",
                  NULL)
           && read_applied(op, pg, &applied) && apply_missing(op, pg, applied, on_applied)
           && run(op, pg, "the tenant wall", "SELECT build_wall()", NULL);
}

/* A database that was never migrated has no table of migrations: none is applied. */
static bool read_applied_if_any(struct op *op, PGconn *pg, PGresult **out)
{
    if (!run(op, pg, "schema_migrations", "SELECT to_regclass('schema_migrations')", out))
        return false;
    return PQgetisnull(*out, 0, 0)
               ? run(op, pg, "an empty list", "SELECT ''::text, ''::text LIMIT 0", out)
               : read_applied(op, pg, out);
}

bool migrate_status(struct op *op, const char *database_url, struct migrate_status *out)
{
    PGconn *pg;
    PGresult *applied;

    *out = (struct migrate_status){0};
    if (!connect_db(op, database_url, &pg) || !read_applied_if_any(op, pg, &applied))
        return false;
    out->server_version = PQserverVersion(pg);
    out->client_version = PQlibVersion();
    for (const struct embedded_file *f = embedded_files; f->name; f++) {
        char sum[SHA256_HEX_SIZE];
        bool done;

        if (!is_migration(f))
            continue;
        if (!look_up(op, applied, f, sum, &done))
            return false;
        out->applied += done;
        out->missing += !done;
    }
    return true;
}
