/* scripts.h - the Lua scripts of scripts.def as Redis knows them. */
#ifndef AGORALIA_QUEUE_SCRIPTS_H
#define AGORALIA_QUEUE_SCRIPTS_H

#include "common/base/str.h"

enum script_id {
#define SCRIPT(name) SCRIPT_##name,
#include "common/queue/scripts.def"
#undef SCRIPT
    SCRIPT_COUNT
};

enum { SCRIPT_SHA_SIZE = 41 };

struct script {
    const char *name;
    char *text; /* keys.lua and the script itself */
    size_t size;
    char sha[SCRIPT_SHA_SIZE];
};

/* The scripts, built at the first call; safe from any thread. */
const struct script *scripts_all(void);

#endif
