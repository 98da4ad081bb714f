/*
 * accounts.h - which attempts can be asked for together: those of one workspace.
 *
 * Rows here have the columns tenant_id and account; account NULL is the deployment's, whoever's
 * the attempts are.
 */
#ifndef AGORALIA_ACCOUNTS_H
#define AGORALIA_ACCOUNTS_H

#include "common/provider/provider.h"

struct rows;

struct account_group {
    int64_t tenant_id;   /* whose workspace; 0 = the deployment's */
    const char *account; /* NULL = the deployment's */
    int *at;             /* places in the rows, in their order */
    int n;
};

/* All of them, each row in one; *n groups in op's arena. */
struct account_group *account_groups(struct op *op, const struct rows *rows, int *n);

/* An operation inside op's for asking there; to be ended with op_end(). */
struct op account_part(const struct op *op, const struct account_group *g);

/*
 * Every workspace that is asked about calls: the deployment's, and each that a tenant has or had a
 * key of.  *n groups without rows.
 */
bool accounts_all(struct op *op, struct account_group **out, int *n) MUSTCHECK;

#endif
