/*
 * dialling.h - a part of all dialling, and the wait until it has come to rest.
 *
 * A halt, a pause and a stop each commit a word that no later claim passes; what
 * was claimed before may still be on its way to the provider.  Who waits here
 * after that commit may say that nothing starts any more.
 */
#ifndef AGORALIA_DIALLING_H
#define AGORALIA_DIALLING_H

#include "common/base/op.h"

enum dialling_scope {
    DIALLING_PLATFORM,
    DIALLING_TENANT,
    DIALLING_COUNTRY,
    DIALLING_CAMPAIGN,
    DIALLING_PROVIDER,
    DIALLING_FROM_NUMBER,
    DIALLING_AGENT,
};
extern const char *const dialling_scope_names[]; /* NULL-terminated */

/*
 * Wait, in no transaction, until no request in the scope can leave that was claimed before: each
 * was answered, or its time to be sent is over.  At most some seconds; of op's tenant, or of all
 * when that is 0.  key is the country, the campaign's id and so on; "" for platform and tenant.
 * Fails with SERVICE_UNAVAILABLE when op's deadline comes first; nothing is undone by that.
 */
bool dialling_settle(struct op *op, enum dialling_scope scope, const char *key) MUSTCHECK;

#endif
