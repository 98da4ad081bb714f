/* tz_names.c - tzdata.zi: its release, its zones and their aliases. */

#include "common/base/tz_names.h"

#include "common/base/str.h"
#include "common/base/tz.h"

#include <glib.h>
#include <pthread.h>

static struct {
    GHashTable *names; /* name -> the zone it stands for; NULL when tzdata.zi cannot be read */
    char *version;
} list;
static pthread_once_t read_once = PTHREAD_ONCE_INIT;

static void add(const char *name, const char *zone)
{
    g_hash_table_replace(list.names, g_strdup(name), g_strdup(zone));
}

/* "Z NAME ..." defines a zone, "L TARGET NAME" another name for one. */
static void take_line(char *line)
{
    char **words = g_strsplit(line, " ", 4);
    guint n = g_strv_length(words);

    if (n >= 2 && strcmp(words[0], "Z") == 0)
        add(words[1], words[1]);
    else if (n >= 3 && strcmp(words[0], "L") == 0)
        add(words[2], words[1]);
    else if (n >= 3 && strcmp(words[0], "#") == 0 && strcmp(words[1], "version") == 0)
        list.version = g_strdup(words[2]);
    g_strfreev(words);
}

static void read_list(void)
{
    char *text = NULL;

    if (!g_file_get_contents(TZ_FOLDER "/tzdata.zi", &text, NULL, NULL))
        return;
    list.names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    char **lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        take_line(*line);
    g_strfreev(lines);
    g_free(text);
}

/* An alias may stand for an alias; no chain in tzdata has more than a few links. */
const char *tz_stands_for(const char *name)
{
    pthread_once(&read_once, read_list);
    const char *zone = list.names ? g_hash_table_lookup(list.names, name) : NULL;

    for (int links = 0; zone && strcmp(zone, name) != 0 && links < 8; links++) {
        name = zone;
        zone = g_hash_table_lookup(list.names, name);
    }
    return zone;
}

const char *tz_version(void)
{
    pthread_once(&read_once, read_list);
    return list.version ? list.version : TZ_UNKNOWN;
}
