/*
 * fake_provider.h - a telephony provider whose answers a test scripts.
 *
 * Without a script it accepts every call as "fake_1", "fake_2", ..., has one
 * agent and one number, and knows no calls.  Webhooks are verified and decoded
 * by the real Retell code.  Requests may come from several threads; the script
 * is written before they start.  Each workspace knows the calls that have its account; NULL is the
 * settings' own, whose account is "fake".
 */
#ifndef AGORALIA_TEST_FAKE_PROVIDER_H
#define AGORALIA_TEST_FAKE_PROVIDER_H

#include "common/provider/provider.h"

#define FAKE_AGENT "agent_fake"
#define FAKE_NUMBER "+390212345678"

enum { FAKE_SCRIPT = 16 };

struct fake_provider {
    struct provider provider; /* the app's */
    struct provider *retell;  /* for webhooks */

    struct dial_answer answers[FAKE_SCRIPT]; /* create_phone_call, in order; then accepted */
    int n_answers;
    _Atomic int answered;
    struct provider_call calls[FAKE_SCRIPT]; /* what get_call and find_calls know */
    int n_calls;
    enum err_code fails_with; /* of every question but create_phone_call; E_NONE = answers */
    bool list_incomplete;     /* find_calls did not see everything */

    /* As many ended calls more, ten milliseconds apart: FAKE_MANY_ATTEMPT. */
    int many;
    int64_t many_from_us;
    size_t most_listed; /* the most calls that one question was answered with */

    struct provider_concurrency concurrency;
    bool takes_keys; /* RETELL_IDEMPOTENCY */

    _Atomic int dials, gets, finds, stops, deletes, agents_asked, concurrency_asked;
    char metadata[2048], key[64]; /* of the last create_phone_call; "" = none */
    char asked[256];              /* the accounts that were asked, in order: as "0123... 4567...";
                                   * the settings' own is not written down */
};

struct fake_provider *fake_provider_open(const struct conf *conf);
void fake_provider_close(struct fake_provider *f);

/* Add to the script. */
void fake_answer(struct fake_provider *f, struct dial_answer a);
void fake_call(struct fake_provider *f, struct provider_call pc);

/* The id "many_i" belongs to this attempt; as an SQL expression over i. */
#define FAKE_MANY_ATTEMPT "('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid"

#endif
