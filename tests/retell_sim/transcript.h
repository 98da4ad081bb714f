/* transcript.h - what was said: a fixed little conversation, as long as the call lasted. */
#ifndef AGORALIA_SIM_TRANSCRIPT_H
#define AGORALIA_SIM_TRANSCRIPT_H

#include "common/base/buf.h"
#include "tests/retell_sim/world.h"

#define SIM_TRANSCRIPT_LINES 6

/* The members transcript, transcript_object and transcript_with_tool_calls, `turns` lines long. */
void sim_transcript_put(struct buf *b, const struct sim_call *call, int turns);

#endif
