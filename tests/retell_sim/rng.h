/*
 * rng.h - chance that can be repeated.
 *
 * Each call, request and delivery draws from its own stream, named by the seed,
 * a purpose and an ordinal, so that timing never changes what happens: the same
 * seed and the same order of requests give the same run.
 */
#ifndef AGORALIA_SIM_RNG_H
#define AGORALIA_SIM_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_stream { SIM_RNG_CALL, SIM_RNG_TEXT, SIM_RNG_REQUEST, SIM_RNG_WEBHOOK, SIM_RNG_NAME };

struct sim_rng {
    uint64_t state;
};

struct sim_rng sim_rng_for(uint64_t seed, enum sim_stream stream, uint64_t ordinal);
uint64_t sim_rng_next(struct sim_rng *r);
double sim_rng_unit(struct sim_rng *r); /* in (0, 1) */
bool sim_rng_chance(struct sim_rng *r, double p);
double sim_rng_between(struct sim_rng *r, double lo, double hi);

/* Lognormal with this median and 95th percentile; p95 <= p50 gives p50 always. */
double sim_rng_lognormal(struct sim_rng *r, double p50, double p95);

/* Index drawn by weight; n when all weights are zero. */
size_t sim_rng_pick(struct sim_rng *r, const double *weights, size_t n);

#endif
