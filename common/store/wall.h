/*
 * wall.h - does the database keep tenants apart, whatever a statement forgets?
 *
 * The wall itself is sql/migrations/0053_tenant_wall.sql; db.h tells it whose each statement is.
 */
#ifndef AGORALIA_WALL_H
#define AGORALIA_WALL_H

#include "common/base/op.h"

struct wall {
    const char *login;       /* as whom the product connects */
    bool above;              /* a superuser, or one that row level security does not hold */
    bool owner;              /* it owns tables, and could take the wall down */
    const char *open_tables; /* tables of tenants without the wall; NULL = none */
};

/* Fails when the database cannot be asked, also because its roles are not there. */
bool wall_look(struct op *op, struct wall *out) MUSTCHECK;

#endif
