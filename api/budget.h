/*
 * budget.h - what this process knows of one budget of requests.  Pure.
 *
 * The budget itself stands in Redis, where all processes take from it; each takes several at once
 * and hands them out by itself.  How many follows what was needed of the last: twice as many when
 * they were used up within their second, as many as were used when they were not.
 */
#ifndef AGORALIA_BUDGET_H
#define AGORALIA_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct budget_size {
    int64_t per_minute; /* 0 = no limit */
    int64_t burst;
};

struct budget {
    struct budget_size size;
    int64_t share, left; /* taken from Redis last, and of these not handed out */
    int64_t share_until_us;
    int64_t there, full_us;   /* what Redis had left, and when it is full */
    int64_t refused_until_us; /* not worth asking before */
    int64_t next_us;          /* when there is another, as far as is known */
    int64_t alone_us;         /* without Redis: when it would be full */
};

enum budget_word {
    BUDGET_GRANTED,
    BUDGET_REFUSED,
    BUDGET_ASK, /* Redis has to say: budget_wanted() of them */
};

/* One, from what is at hand.  All times are of one clock, in microseconds. */
enum budget_word budget_take(struct budget *b, int64_t now_us);

/* One that was not used after all. */
void budget_give_back(struct budget *b);

int64_t budget_wanted(const struct budget *b, int64_t now_us);

/* What Redis said. */
struct budget_lease {
    int64_t granted, left, wait_us, full_us;
};
void budget_lease(struct budget *b, const struct budget_lease *l, int64_t now_us);

/* One without asking Redis, when this process may hand out its part among so many. */
bool budget_take_alone(struct budget *b, int64_t processes, int64_t now_us);

/* For a client: what is left, in how many seconds there is another, and all. */
int64_t budget_left(const struct budget *b);
int budget_wait_seconds(const struct budget *b, int64_t now_us);
int64_t budget_full_seconds(const struct budget *b, int64_t now_us);

#endif
