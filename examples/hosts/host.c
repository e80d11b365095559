/* A host in C: the module is compiled into it, by wasm2c of the WebAssembly binary toolkit, so that nothing is loaded at run
 * time. docs/abi.md says what each number means. conformance.sh builds it for each module of the conformance kit;
 * `host MACHINE < cases.jsonl` runs the lines of that machine. */

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "strategy.h"

#define ENTRY 160
#define NONE INT64_MIN /* the instant that stands for none */

typedef Z_strategy_instance_t Module;

/* A module and the case that lies in its memory. */
typedef struct {
    Module module;
    u32 given, result;
} Host;

static u8 *at(Host *host, u32 position) { return Z_strategyZ_memory(&host->module)->data + position; }

static int host_new(Host *host) {
    Z_strategy_instantiate(&host->module);
    host->given = Z_strategyZ_given(&host->module);
    host->result = Z_strategyZ_result(&host->module);
    return Z_strategyZ_abi(&host->module) == 1;
}

static void host_free(Host *host) { Z_strategy_free(&host->module); }

static u32 hand(Host *host, const u8 *bytes, u32 length) {
    memcpy(at(host, host->given), bytes, length);
    return length;
}

/* What the last verb told: the positions and sizes of four lists, and when something is due next. */
typedef struct {
    u32 first[4], length[4];
    int64_t next_due;
} Told;

static Told told(Host *host) {
    static const u32 sizes[4] = {ENTRY, 16, 16, 2};
    u8 *record = at(host, Z_strategyZ_outcome(&host->module));
    Told told;
    for (int n = 0; n < 4; n++) {
        memcpy(&told.first[n], record + 8 * n, 4);
        memcpy(&told.length[n], record + 8 * n + 4, 4);
        told.length[n] *= sizes[n];
    }
    memcpy(&told.next_due, record + 40, 8);
    return told;
}

static u32 crc32_of(u32 sum, const u8 *bytes, u32 length) {
    for (u32 n = 0; n < length; n++) {
        sum ^= bytes[n];
        for (int bit = 0; bit < 8; bit++) sum = sum & 1 ? sum >> 1 ^ 0xedb88320u : sum >> 1;
    }
    return sum;
}

/* What a step of the kit says. */
static const char *word(const cJSON *step, const char *name) {
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(step, name);
    return cJSON_IsString(found) ? found->valuestring : "";
}

static double number(const cJSON *step, const char *name, double otherwise) {
    const cJSON *found = cJSON_GetObjectItemCaseSensitive(step, name);
    return cJSON_IsNumber(found) ? found->valuedouble : otherwise;
}

static u32 items(const cJSON *step, u8 *bytes, u32 most) {
    const char *hex = word(step, "items");
    u32 length = 0;
    for (unsigned byte; length < most && sscanf(hex + 2 * length, "%2x", &byte) == 1; length++) bytes[length] = (u8)byte;
    return length;
}

static u32 run_verb(Host *host, const cJSON *step) {
    static u8 bytes[1 << 18];
    u32 length = hand(host, bytes, items(step, bytes, sizeof bytes));
    u64 instant = (u64)(int64_t)number(step, "at", 0);
    const char *verb = word(step, "verb");
    if (!strcmp(verb, "open")) return Z_strategyZ_open(&host->module, length, instant);
    if (!strcmp(verb, "step")) return Z_strategyZ_step(&host->module, (u32)number(step, "event", 0), length, instant);
    return Z_strategyZ_advance(&host->module, instant);
}

/* The case moves to an instance that has never seen it. */
static int move_over(Host *host) {
    u32 length = Z_strategyZ_save(&host->module);
    u8 *saved = malloc(length + 1);
    memcpy(saved, at(host, host->result), length);
    host_free(host);
    int same = host_new(host);
    u32 status = length ? Z_strategyZ_restore(&host->module, hand(host, saved, length)) : 0;
    free(saved);
    return same && status == 0;
}

/* What a host does that the step does not say; NULL where they agree. */
static const char *difference(Host *host, const cJSON *step, u32 status) {
    if (status != number(step, "status", -1)) return "status";
    if (status == 0) {
        Told heard = told(host);
        u32 sum = ~0u;
        for (int n = 0; n < 4; n++) sum = crc32_of(sum, at(host, heard.first[n]), heard.length[n]);
        if (~sum != number(step, "told", -1)) return "told";
        if (heard.next_due != (int64_t)number(step, "due", (double)NONE)) return "due";
    }
    u32 length = Z_strategyZ_save(&host->module);
    return ~crc32_of(~0u, at(host, host->result), length) == number(step, "saved", -1) ? NULL : "saved";
}

static const char *conforms(const cJSON *kit, int *failed_at) {
    Host host;
    const char *differs = host_new(&host) ? NULL : "abi";
    const cJSON *steps = cJSON_GetObjectItemCaseSensitive(kit, "steps");
    int count = cJSON_GetArraySize(steps);
    for (int n = 0; n < count && !differs; n++) {
        if (n > 0 && n == count / 2 && !move_over(&host)) differs = "restore";
        const cJSON *step = cJSON_GetArrayItem(steps, n);
        if (!differs) differs = difference(&host, step, run_verb(&host, step));
        *failed_at = n;
    }
    host_free(&host);
    return differs;
}

int main(int count, char **arguments) {
    static char line[1 << 24];
    int passed = 0, failed = 0;
    wasm_rt_init();
    Z_strategy_init_module();
    while (fgets(line, sizeof line, stdin)) {
        cJSON *kit = cJSON_Parse(line);
        if (kit && count > 1 && !strcmp(word(kit, "machine"), arguments[1])) {
            int step = 0;
            const char *differs = conforms(kit, &step);
            if (differs) printf("{\"name\":\"%s\",\"differs\":\"step %d: %s\"}\n", word(kit, "name"), step, differs);
            differs ? failed++ : passed++;
        }
        cJSON_Delete(kit);
    }
    printf("{\"host\":\"c\",\"passed\":%d,\"failed\":%d}\n", passed, failed);
    return failed ? 1 : 0;
}
