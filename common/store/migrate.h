/*
 * migrate.h - bring a database to the schema this binary was built with.
 *
 * The files of sql/migrations are embedded; each runs once, in the order of its
 * number, in a transaction of its own, and its SHA-256 is kept.  An advisory
 * lock makes a second migrator wait.  A file that was applied and has changed
 * since is refused, and so is a database newer than the binary.  At the end the
 * tenant wall is put up around every table that has none yet.
 */
#ifndef AGORALIA_MIGRATE_H
#define AGORALIA_MIGRATE_H

#include "common/base/op.h"

/* on_applied hears the name of each migration as it commits; may be NULL. */
bool migrate(struct op *op, const char *database_url,
             void (*on_applied)(const char *name)) MUSTCHECK;

/* What a database has of them. */
struct migrate_status {
    int server_version, client_version; /* of PostgreSQL and of libpq: 150014 for 15.14 */
    int applied, missing;
};

/* Looks only.  Fails where migrate() would refuse. */
bool migrate_status(struct op *op, const char *database_url, struct migrate_status *out) MUSTCHECK;

#endif
