#include "heddle/status.h"

#include "base/alloc.h"

static const struct {
    const char *name;
    const char *text;
} statuses[] = {
#define HEDDLE_X(name, text) {#name, text},
    HEDDLE_STATUS_MAP(HEDDLE_X)
#undef HEDDLE_X
};

static const char *const stages[] = {
    [HEDDLE_STAGE_NONE] = "",
    [HEDDLE_STAGE_CONNECT] = "connect",
    [HEDDLE_STAGE_EVALUATE] = "evaluate",
    [HEDDLE_STAGE_ENDORSE] = "endorse",
    [HEDDLE_STAGE_SUBMIT] = "submit",
    [HEDDLE_STAGE_COMMIT_STATUS] = "commit status",
    [HEDDLE_STAGE_COMMIT] = "commit",
    [HEDDLE_STAGE_EVENTS] = "events",
    [HEDDLE_STAGE_DISCOVERY] = "discovery",
};

_Static_assert(sizeof(heddle_error) == 512, "heddle_error is part of the ABI");

const char *heddle_status_name(heddle_status status)
{
    return (size_t)status < BASE_COUNT(statuses) ? statuses[status].name : "?";
}

const char *heddle_status_text(heddle_status status)
{
    return (size_t)status < BASE_COUNT(statuses) ? statuses[status].text : "?";
}

const char *heddle_stage_name(heddle_stage stage)
{
    return (size_t)stage < BASE_COUNT(stages) ? stages[stage] : "?";
}
