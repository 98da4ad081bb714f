/* tz_names.h - the zones tzdata lists.  Private to common/base. */
#ifndef AGORALIA_TZ_NAMES_H
#define AGORALIA_TZ_NAMES_H

#define TZ_FOLDER "/usr/share/zoneinfo"

/*
 * The zone a name or alias stands for (Asia/Calcutta: Asia/Kolkata); NULL when
 * tzdata does not list it.  Any thread, any time: the list is read on first use.
 */
const char *tz_stands_for(const char *name);

#endif
