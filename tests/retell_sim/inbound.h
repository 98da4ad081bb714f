/* inbound.h - somebody calls one of our numbers. */
#ifndef AGORALIA_SIM_INBOUND_H
#define AGORALIA_SIM_INBOUND_H

#include "tests/retell_sim/sim.h"

/* {to_number, from_number, org_name?} -> {"call_id"}: the call is placed, the number's own URL
 * is asked about it, and it rings once that has answered or failed. */
void sim_inbound(struct sim *s, struct str body, struct sim_reply *r);

#endif
