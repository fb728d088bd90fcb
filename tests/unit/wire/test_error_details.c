/* The details of a failed call, as a peer's gateway sends them. */
#include "wire/error_details.h"

#include "support/fixture.h"
#include "support/suite.h"

START_TEST(recorded_details_are_read_and_written_again)
{
    base_arena *arena = base_arena_new(0);
    base_buffer bytes = fixture_read("golden-grpc/018_gateway.Gateway.Endorse.details.pb");
    wire_error_details details;
    heddle_view again;
    heddle_error err;
    ck_assert_int_eq(wire_error_details_read(base_buffer_view(&bytes), arena, &details, &err),
                     HEDDLE_OK);
    ck_assert_int_eq(details.code, 10);
    ck_assert_str_eq(details.message, "failed to endorse transaction, see attached details for "
                                      "more info");
    ck_assert_uint_eq(details.count, 2);
    ck_assert_str_eq(details.items[0].address, "127.0.0.1:7051");
    ck_assert_str_eq(details.items[1].mspid, "Org1MSP");
    ck_assert_str_eq(details.items[1].message,
                     "chaincode response 500, The asset asset2 already exists");
    ck_assert_int_eq(wire_error_details_write(&details, arena, &again, &err), HEDDLE_OK);
    ck_assert(base_view_equal(again, base_buffer_view(&bytes)));
    base_buffer_done(&bytes);
    base_arena_free(arena);
}
END_TEST

START_TEST(details_of_another_type_are_passed_over)
{
    base_arena *arena = base_arena_new(0);
    heddle_view bytes = VIEW("\x08\x05\x1a\x0b\x0a\x09"
                             "x/y.Other");
    wire_error_details details;
    ck_assert_int_eq(wire_error_details_read(bytes, arena, &details, NULL), HEDDLE_OK);
    ck_assert_int_eq(details.code, 5);
    ck_assert_uint_eq(details.count, 0);
    base_arena_free(arena);
}
END_TEST

SUITE_MAIN("wire/error_details", SUITE_CASE("details", recorded_details_are_read_and_written_again,
                                            details_of_another_type_are_passed_over))
