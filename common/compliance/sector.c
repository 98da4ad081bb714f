/* sector.c - what may not be sold by telephone, or only to who asked. */

#include "common/compliance/trial.h"

/* Agreed to, or asked for, by the sector's name. */
static bool is_wanted(const struct lead_facts *lead, const char *sector)
{
    for (int i = 0; lead->known && i < lead->n_sectors; i++)
        if (strcmp(lead->sectors[i], sector) == 0)
            return true;
    return false;
}

void check_sector(struct trial *t)
{
    const char *sector = t->f->campaign.sector;

    for (int i = 0; sector && i < t->n; i++)
        for (int s = 0; s < t->laws[i].law->n_sectors; s++) {
            const struct sector_law *rule = &t->laws[i].law->sectors[s];
            if (strcmp(rule->sector, sector) != 0
                || !trial_in_force(&t->laws[i], &rule->in_force, t->f->at.us))
                continue;
            if (rule->prohibited)
                verdict_refuse(t->v, CC_SECTOR_PROHIBITED);
            else if (!is_wanted(&t->f->lead, sector))
                verdict_refuse(t->v, CC_SECTOR_CONSENT);
        }
}
