/*
 * workspace.h - the provider as a tenant's own workspace, or as the deployment's.
 *
 * A tenant that has entrusted a key of its own to us is called for with it; everybody else with the
 * deployment's.  What was begun in one workspace can only be told there: attempts remember its
 * account, and whoever asks about them asks there.
 *
 * A workspace is a copy of op's provider, in op's arena, with the sealed key.  It is opened where
 * the exchange is made and nowhere else.
 */
#ifndef AGORALIA_WORKSPACE_H
#define AGORALIA_WORKSPACE_H

#include "common/provider/provider.h"

struct rows;

/* That of op's tenant, as things are now. */
bool workspace_own(struct op *op, const struct provider **out) MUSTCHECK;

/* The same from the row that SQL_SECRET_CURRENT gave, if any. */
const struct provider *workspace_from(struct op *op, const struct rows *current);

/*
 * That of this account of op's tenant; NULL = the deployment's.  SERVICE_UNAVAILABLE when we do not
 * have its key: what is asked there stays unknown.
 */
bool workspace_of(struct op *op, const char *account, const struct provider **out) MUSTCHECK;

/* The account that attempts remember; NULL = the deployment's. */
const char *workspace_account(const struct provider *p);

/* The tenant's, for verifying webhooks.  False is no failure: it has none. */
bool workspace_verifier(struct op *op, const char *account, const struct provider **out) MUSTCHECK;

#endif
