/* services_table.c - services.def as a table; apart from services.c so that a test may bring its
 * own. */

#include "worker/services.h"

const struct service services[] = {
#define SERVICE(name) {#name, name##_run_once},
#include "worker/services.def"
#undef SERVICE
    {NULL, NULL},
};
