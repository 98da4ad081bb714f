/* rng.c - splitmix64: one word of state, so a stream per call costs nothing to name. */

#include "tests/retell_sim/rng.h"

#include <math.h>

#define Z95 1.6448536269514722 /* the 95th percentile of the standard normal */

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

struct sim_rng sim_rng_for(uint64_t seed, enum sim_stream stream, uint64_t ordinal)
{
    uint64_t named = mix(seed + 0x9e3779b97f4a7c15u * ((uint64_t)stream + 1));

    return (struct sim_rng){mix(named ^ (ordinal + 0x632be59bd9b4e019u))};
}

uint64_t sim_rng_next(struct sim_rng *r)
{
    r->state += 0x9e3779b97f4a7c15u;
    return mix(r->state);
}

double sim_rng_unit(struct sim_rng *r)
{
    return ((double)(sim_rng_next(r) >> 11) + 0.5) * 0x1p-53;
}

bool sim_rng_chance(struct sim_rng *r, double p)
{
    return sim_rng_unit(r) < p;
}

double sim_rng_between(struct sim_rng *r, double lo, double hi)
{
    return lo + (hi - lo) * sim_rng_unit(r);
}

double sim_rng_lognormal(struct sim_rng *r, double p50, double p95)
{
    double radius = sqrt(-2 * log(sim_rng_unit(r)));
    double normal = radius * cos(2 * M_PI * sim_rng_unit(r));

    if (p50 <= 0 || p95 <= p50)
        return p50;
    return p50 * exp(normal * log(p95 / p50) / Z95);
}

size_t sim_rng_pick(struct sim_rng *r, const double *weights, size_t n)
{
    double sum = 0, at;

    for (size_t i = 0; i < n; i++)
        sum += weights[i];
    at = sim_rng_unit(r) * sum;
    for (size_t i = 0; i < n; i++) {
        if (weights[i] > 0 && at < weights[i])
            return i;
        at -= weights[i];
    }
    return n;
}
