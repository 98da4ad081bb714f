/*
 * queue_tool.h - single steps on the queue for scripts in other languages.
 *
 *   PROGRAM send QUEUE ACTOR ARGS [DELAY_MS]   enqueue; prints the storage id
 *   PROGRAM call SCRIPT WORD...                run one of common/queue's scripts; prints its answer
 */
#ifndef AGORALIA_TEST_QUEUE_TOOL_H
#define AGORALIA_TEST_QUEUE_TOOL_H

/* Returns when argv asks for nothing of this. */
void queue_tool_main(int argc, char **argv);

#endif
