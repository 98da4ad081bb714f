/*
 * control.h - the other port: what tests say to the simulator and ask of it.
 *
 *   POST /sim/reset              settings as at boot, an empty ledger
 *   POST /sim/config             merge settings
 *   POST /sim/fault              {op, count, fault, status, retry_after_ms, delay_ms, should_retry}
 *   POST /sim/inbound            {to_number, from_number[, org_name]}: somebody calls a number
 *   GET  /sim/log?after&limit    requests and deliveries
 *   GET  /sim/stats?starts       counts; start times of the last `starts` calls
 *   GET  /sim/ledger?after&limit every placed call, one JSON object a line
 *   GET  /sim/ledger/duplicates?key=  calls that share a metadata value
 */
#ifndef AGORALIA_SIM_CONTROL_H
#define AGORALIA_SIM_CONTROL_H

#include "tests/retell_sim/sim.h"

void sim_control(struct sim_exchange *x);

#endif
