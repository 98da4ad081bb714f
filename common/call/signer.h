/*
 * signer.h - whose key signed a webhook?
 *
 * The deployment's, or that of the workspace in which the call was asked for: the body says which
 * call, and we know where.  Who it is is believed only once that workspace's key has verified it,
 * and then it speaks for its own calls only (events.h).
 */
#ifndef AGORALIA_SIGNER_H
#define AGORALIA_SIGNER_H

#include "common/provider/provider.h"

/*
 * *account: NULL = the deployment's; else that of a tenant, which op then works for.  Fails with
 * INVALID_SIGNATURE.
 */
bool webhook_verify(struct op *op, struct str body, const char *signature, int64_t now_us,
                    const char **account) MUSTCHECK;

#endif
