/* tz_names.c - tzdata.zi: its release, its zones and their aliases. */

#include "common/base/tz_names.h"

#include "common/base/str.h"
#include "common/base/tz.h"

#include <glib.h>
#include <pthread.h>

static struct {
    GHashTable *names; /* NULL when tzdata.zi cannot be read: no zone is valid then */
    char *version;
} list;
static pthread_once_t read_once = PTHREAD_ONCE_INIT;

/* "Z NAME ..." defines a zone, "L TARGET NAME" another name for one. */
static void take_line(char *line)
{
    char **words = g_strsplit(line, " ", 4);
    guint n = g_strv_length(words);

    if (n >= 2 && strcmp(words[0], "Z") == 0)
        g_hash_table_add(list.names, g_strdup(words[1]));
    else if (n >= 3 && strcmp(words[0], "L") == 0)
        g_hash_table_add(list.names, g_strdup(words[2]));
    else if (n >= 3 && strcmp(words[0], "#") == 0 && strcmp(words[1], "version") == 0)
        list.version = g_strdup(words[2]);
    g_strfreev(words);
}

static void read_list(void)
{
    char *text = NULL;

    if (!g_file_get_contents(TZ_FOLDER "/tzdata.zi", &text, NULL, NULL))
        return;
    list.names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    char **lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++)
        take_line(*line);
    g_strfreev(lines);
    g_free(text);
}

bool tz_listed(const char *name)
{
    pthread_once(&read_once, read_list);
    return list.names && g_hash_table_contains(list.names, name);
}

const char *tz_version(void)
{
    pthread_once(&read_once, read_list);
    return list.version ? list.version : "unknown";
}
