/* sealer.c - a service: decisions into their ledgers, a moment after they were made. */

#include "common/base/conf.h"
#include "common/ledger/seal.h"
#include "worker/services.h"

enum { SEAL_PAUSE_MS = 1000 };

bool sealer_run_once(struct op *op, int *sleep_ms)
{
    const char *path = op->app->conf->ledger_key_file;
    struct ledger_key *key = path ? ledger_key_private(op, path) : NULL;
    int sealed = 0;
    bool ok = (key || !path) && ledger_seal(op, key, &sealed);

    ledger_key_close(key);
    *sleep_ms = sealed ? 1 : SEAL_PAUSE_MS;
    return ok;
}
