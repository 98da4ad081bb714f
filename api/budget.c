/* budget.c - shares of a budget, and its even filling where there is nobody to ask. */

#include "api/budget.h"

enum { SHARE_US = 1000000, SHARE_MAX = 256, REFUSED_MOST_US = 100000 };

enum budget_word budget_take(struct budget *b, int64_t now_us)
{
    if (b->size.per_minute == 0)
        return BUDGET_GRANTED;
    if (b->left > 0 && now_us < b->share_until_us) {
        b->left--;
        return BUDGET_GRANTED;
    }
    return now_us < b->refused_until_us ? BUDGET_REFUSED : BUDGET_ASK;
}

void budget_give_back(struct budget *b)
{
    b->left++;
}

/* Never so many that other processes would find nothing. */
int64_t budget_wanted(const struct budget *b, int64_t now_us)
{
    int64_t used = b->share - b->left, most = b->size.burst / 16;
    int64_t n = b->left <= 0 && now_us < b->share_until_us ? 2 * b->share : used;

    if (most > SHARE_MAX)
        most = SHARE_MAX;
    if (n > most)
        n = most;
    return n > 1 ? n : 1;
}

void budget_lease(struct budget *b, const struct budget_lease *l, int64_t now_us)
{
    b->share = b->left = l->granted;
    b->share_until_us = now_us + SHARE_US;
    b->there = l->left;
    b->full_us = now_us + l->full_us;
    if (l->granted == 0) {
        b->next_us = now_us + l->wait_us;
        b->refused_until_us =
            now_us + (l->wait_us < REFUSED_MOST_US ? l->wait_us : REFUSED_MOST_US);
    }
    b->alone_us = b->full_us;
}

bool budget_take_alone(struct budget *b, int64_t processes, int64_t now_us)
{
    int64_t each = 60 * (int64_t)1000000 * processes / b->size.per_minute;
    int64_t burst = b->size.burst / processes > 0 ? b->size.burst / processes : 1;

    if (b->alone_us < now_us)
        b->alone_us = now_us;
    if (b->alone_us + each > now_us + each * burst) {
        b->next_us = b->alone_us - each * (burst - 1);
        return false;
    }
    b->alone_us += each;
    return true;
}

int64_t budget_left(const struct budget *b)
{
    return b->left + b->there;
}

static int64_t seconds(int64_t us)
{
    return us > 0 ? (us + 999999) / 1000000 : 0;
}

int budget_wait_seconds(const struct budget *b, int64_t now_us)
{
    int64_t wait = seconds(b->next_us - now_us);

    return wait > 1 ? (int)wait : 1;
}

int64_t budget_full_seconds(const struct budget *b, int64_t now_us)
{
    return seconds(b->full_us - now_us);
}
