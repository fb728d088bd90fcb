#include "devnet/ledger/endorsement.h"

#include "base/fail.h"
#include "devnet/ledger/sim.h"
#include "wire/transaction.h"

/* The judgement over one namespace of one transaction. */
typedef struct ns_judge {
    const dn_judge *judge;
    const wire_ns_rwset *ns; /* NULL: the chaincode called touched nothing */
    dn_policy policy;
    const dn_definition *definition; /* NULL: _lifecycle */
    const wire_signed *set;
    size_t set_count;
    bool ns_checked;
    bool any_checked;
    heddle_view *colls_checked;
    size_t coll_count;
} ns_judge;

/* E_POLICY: not satisfied. */
static heddle_status evaluate(const ns_judge *j, const dn_policy *policy, heddle_error *err)
{
    const wire_bundle *bundle = j->judge->validator->bundle;
    if (policy->signature)
        return wire_bundle_evaluate_signature_policy(bundle, policy->signature, j->set,
                                                     j->set_count, err);
    return wire_bundle_evaluate(bundle, policy->path, j->set, j->set_count, err);
}

static heddle_status check_ns(ns_judge *j, heddle_error *err)
{
    if (!j->ns_checked)
        BASE_TRY(evaluate(j, &j->policy, err));
    j->ns_checked = j->any_checked = true;
    return HEDDLE_OK;
}

static heddle_status collection_policy(const ns_judge *j, heddle_view coll, dn_policy *out,
                                       heddle_error *err)
{
    const dn_definitions *definitions = j->judge->validator->definitions;
    const dn_collection *c = dn_definitions_collection(definitions, j->ns->name, coll);
    if (!c)
        return base_fail(err, HEDDLE_E_POLICY, "no such collection '%.*s'", BASE_VIEW_ARG(coll));
    *out = c->policy;
    return HEDDLE_OK;
}

static heddle_status check_coll(ns_judge *j, heddle_view coll, heddle_error *err)
{
    dn_policy policy = {0};
    for (size_t i = 0; i < j->coll_count; i++) {
        if (base_view_equal(j->colls_checked[i], coll))
            return HEDDLE_OK;
    }
    if (coll.len)
        BASE_TRY(collection_policy(j, coll, &policy, err));
    if (!policy.path && !policy.signature)
        return check_ns(j, err);
    BASE_TRY(evaluate(j, &policy, err));
    j->colls_checked[j->coll_count++] = coll;
    j->any_checked = true;
    return HEDDLE_OK;
}

static heddle_status check_key(ns_judge *j, heddle_view coll, heddle_view key, heddle_error *err)
{
    dn_key at = {.ns = j->ns->name, .coll = coll, .key = key};
    heddle_view bytes;
    if (dn_state_get(j->judge->parameters, &at))
        return base_fail(err, HEDDLE_E_POLICY,
                         "the validation parameter was changed earlier in the block");
    const dn_entry *entry = dn_state_get(j->judge->state, &at);
    if (!entry || !dn_metadata_policy(entry->metadata, &bytes) || !bytes.len)
        return check_coll(j, coll, err);
    dn_policy policy = {0};
    heddle_status status = wire_policy_read(bytes, j->judge->arena, &policy.signature, err);
    if (status == HEDDLE_E_NO_MEMORY || status == HEDDLE_E_TOO_LARGE)
        return status;
    if (status != HEDDLE_OK)
        return base_fail(err, HEDDLE_E_POLICY, "the validation parameter is not a policy");
    BASE_TRY(evaluate(j, &policy, err));
    j->any_checked = true;
    return HEDDLE_OK;
}

static heddle_status check_keys(ns_judge *j, heddle_error *err)
{
    const wire_kv_rwset *kv = &j->ns->kv;
    heddle_view none = {0};
    for (size_t i = 0; i < kv->write_count; i++)
        BASE_TRY(check_key(j, none, kv->writes[i].key, err));
    for (size_t i = 0; i < kv->metadata_write_count; i++)
        BASE_TRY(check_key(j, none, kv->metadata_writes[i].key, err));
    for (size_t c = 0; c < j->ns->collection_count; c++) {
        const wire_collection_rwset *coll = &j->ns->collections[c];
        for (size_t i = 0; i < coll->hashed.write_count; i++)
            BASE_TRY(check_key(j, coll->name, coll->hashed.writes[i].key_hash, err));
    }
    for (size_t c = 0; c < j->ns->collection_count; c++) {
        const wire_collection_rwset *coll = &j->ns->collections[c];
        for (size_t i = 0; i < coll->hashed.metadata_write_count; i++)
            BASE_TRY(check_key(j, coll->name, coll->hashed.metadata_writes[i].key_hash, err));
    }
    return HEDDLE_OK;
}

static heddle_status note_parameter(const dn_judge *judge, heddle_view ns, heddle_view coll,
                                    heddle_view key)
{
    dn_entry entry = {.at = {.ns = ns, .coll = coll, .key = key}};
    return dn_state_put(judge->parameters, &entry);
}

static heddle_status note_parameters(const ns_judge *j)
{
    const wire_ns_rwset *ns = j->ns;
    heddle_view none = {0};
    for (size_t i = 0; i < ns->kv.metadata_write_count; i++)
        BASE_TRY(note_parameter(j->judge, ns->name, none, ns->kv.metadata_writes[i].key));
    for (size_t c = 0; c < ns->collection_count; c++) {
        const wire_collection_rwset *coll = &ns->collections[c];
        for (size_t i = 0; i < coll->hashed.metadata_write_count; i++)
            BASE_TRY(note_parameter(j->judge, ns->name, coll->name,
                                    coll->hashed.metadata_writes[i].key_hash));
    }
    return HEDDLE_OK;
}

static heddle_status check_namespace(ns_judge *j, heddle_error *err)
{
    size_t colls = j->ns ? j->ns->collection_count : 0;
    j->colls_checked = base_arena_zalloc(j->judge->arena, colls + 1, sizeof(heddle_view));
    if (!j->colls_checked)
        return base_arena_fail(j->judge->arena, err, "endorsements");
    if (j->ns)
        BASE_TRY(check_keys(j, err));
    if (!j->any_checked)
        BASE_TRY(check_ns(j, err));
    return j->ns ? note_parameters(j) : HEDDLE_OK;
}

static bool writes_anything(const wire_ns_rwset *ns)
{
    if (ns->kv.write_count || ns->kv.metadata_write_count)
        return true;
    for (size_t i = 0; i < ns->collection_count; i++) {
        const wire_hashed_rwset *hashed = &ns->collections[i].hashed;
        if (hashed->write_count || hashed->metadata_write_count)
            return true;
    }
    return false;
}

static const wire_slot id_slots[] = {
    WIRE_SLOT(1, WIRE_BYTES, wire_chaincode_id, path),
    WIRE_SLOT(2, WIRE_BYTES, wire_chaincode_id, name),
    WIRE_SLOT(3, WIRE_BYTES, wire_chaincode_id, version),
};
static const wire_shape id_shape = WIRE_SHAPE(wire_chaincode_id, "ChaincodeID", id_slots);

typedef struct extension {
    bool has_id;
    wire_chaincode_id id;
} extension;

static const wire_slot extension_slots[] = {
    WIRE_SLOT_EXTRA(2, WIRE_OPTIONAL, extension, id, has_id, &id_shape),
};
static const wire_shape extension_shape =
    WIRE_SHAPE(extension, "ChaincodeHeaderExtension", extension_slots);

/* What could not be decoded, although the frame is right. */
static wire_code code_of_problem(const dn_judge *judge, const wire_tx *tx)
{
    wire_endorsed endorsed;
    wire_rwset rwset = {0};
    if (wire_endorsed_read(tx->action.response_payload, &endorsed, NULL) != HEDDLE_OK)
        return WIRE_CODE_BAD_RESPONSE_PAYLOAD;
    if (wire_rwset_read(endorsed.results, judge->arena, &rwset, NULL) != HEDDLE_OK)
        return WIRE_CODE_BAD_RWSET;
    return WIRE_CODE_INVALID_OTHER_REASON;
}

static wire_code check_names(const dn_judge *judge, const wire_tx *tx)
{
    extension ext = {0};
    const wire_chaincode_action *result = &tx->action.result;
    if (wire_shape_read(&extension_shape, tx->extension, NULL, &ext, NULL) != HEDDLE_OK)
        return WIRE_CODE_BAD_HEADER_EXTENSION;
    if (tx->problem)
        return code_of_problem(judge, tx);
    if (!ext.has_id || (!result->chaincode.name.len && !result->chaincode.version.len))
        return WIRE_CODE_INVALID_OTHER_REASON;
    if (!ext.id.name.len || !base_view_equal(ext.id.name, result->chaincode.name) ||
        !result->chaincode.version.len)
        return WIRE_CODE_INVALID_CHAINCODE;
    if (result->event_bytes.len && !base_view_equal(result->event.chaincode, ext.id.name))
        return WIRE_CODE_INVALID_OTHER_REASON;
    const wire_rwset *rwset = &result->results;
    for (size_t i = 0; i < rwset->namespace_count; i++) {
        for (size_t k = 0; k < i; k++) {
            if (base_view_equal(rwset->namespaces[i].name, rwset->namespaces[k].name))
                return WIRE_CODE_ILLEGAL_WRITESET;
        }
    }
    return WIRE_CODE_VALID;
}

static bool find_policy(ns_judge *j, heddle_view ns)
{
    if (base_view_is(ns, "_lifecycle")) {
        j->policy = (dn_policy){.path = "/Channel/Application/LifecycleEndorsement"};
        return true;
    }
    j->definition = dn_definitions_find(j->judge->validator->definitions, ns);
    if (j->definition)
        j->policy = j->definition->policy;
    return j->definition != NULL;
}

static heddle_status judge_namespace(const dn_judge *judge, heddle_view name,
                                     const wire_ns_rwset *ns, const wire_signed *set,
                                     size_t set_count, wire_code *out, heddle_error *err)
{
    ns_judge j = {.judge = judge, .ns = ns, .set = set, .set_count = set_count};
    if (!find_policy(&j, name)) {
        *out = WIRE_CODE_INVALID_CHAINCODE;
        return HEDDLE_OK;
    }
    heddle_status status = check_namespace(&j, err);
    if (status == HEDDLE_E_NO_MEMORY)
        return status;
    if (status != HEDDLE_OK)
        *out = WIRE_CODE_ENDORSEMENT_POLICY_FAILURE;
    return HEDDLE_OK;
}

static heddle_status signed_set(const dn_judge *judge, const wire_action *action, wire_signed **out,
                                heddle_error *err)
{
    wire_signed *set = base_arena_zalloc(judge->arena, action->endorsement_count + 1, sizeof(*set));
    if (!set)
        return base_arena_fail(judge->arena, err, "endorsements");
    for (size_t i = 0; i < action->endorsement_count; i++) {
        const wire_endorsement *e = &action->endorsements[i];
        set[i] = (wire_signed){.data = {action->response_payload, e->endorser.bytes},
                               .identity = e->endorser.bytes,
                               .signature = e->signature};
    }
    *out = set;
    return HEDDLE_OK;
}

static const wire_ns_rwset *find_ns(const wire_rwset *rwset, heddle_view name)
{
    for (size_t i = 0; i < rwset->namespace_count; i++) {
        if (base_view_equal(rwset->namespaces[i].name, name))
            return &rwset->namespaces[i];
    }
    return NULL;
}

/* The chaincode called counts also if it wrote nothing, every other one only if it did. */
static heddle_status judge_all(const dn_judge *judge, const wire_tx *tx, wire_code *out,
                               heddle_error *err)
{
    wire_signed *set = NULL;
    const wire_action *action = &tx->action;
    const wire_rwset *rwset = &action->result.results;
    heddle_view called = action->result.chaincode.name;
    BASE_TRY(signed_set(judge, action, &set, err));
    BASE_TRY(judge_namespace(judge, called, find_ns(rwset, called), set, action->endorsement_count,
                             out, err));
    for (size_t i = 0; i < rwset->namespace_count && *out == WIRE_CODE_VALID; i++) {
        const wire_ns_rwset *ns = &rwset->namespaces[i];
        if (!base_view_equal(ns->name, called) && writes_anything(ns))
            BASE_TRY(
                judge_namespace(judge, ns->name, ns, set, action->endorsement_count, out, err));
    }
    return HEDDLE_OK;
}

heddle_status dn_endorsement_check(dn_judge *judge, const wire_tx *tx, wire_code *out,
                                   heddle_error *err)
{
    wire_code code = check_names(judge, tx);
    if (code == WIRE_CODE_VALID) {
        heddle_status status = judge_all(judge, tx, &code, err);
        if (status == HEDDLE_E_TOO_LARGE)
            code = WIRE_CODE_INVALID_OTHER_REASON;
        else if (status != HEDDLE_OK)
            return status;
    }
    *out = code;
    return HEDDLE_OK;
}
