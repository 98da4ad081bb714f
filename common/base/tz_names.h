/* tz_names.h - the zones tzdata lists.  Private to common/base. */
#ifndef AGORALIA_TZ_NAMES_H
#define AGORALIA_TZ_NAMES_H

#include <stdbool.h>

#define TZ_FOLDER "/usr/share/zoneinfo"

/* Any thread, any time: the list is read on first use. */
bool tz_listed(const char *name);

#endif
