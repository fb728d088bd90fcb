#!/usr/bin/env python3
"""The contract of chaincode-examples/asset-transfer, called from Python: what heddle.py offers,
step by step; it ends with an error where something is not as it says.

    asset_transfer.py --gateway localhost:7051 --tls-ca tlsca.pem --msp-id Org1MSP \\
        --msp-dir users/User1@org1.example.com/msp
"""
import argparse
import asyncio
import json
import os
import threading
import time

import heddle

AT_ONCE = 50


def expect(condition, what):
    if not condition:
        raise SystemExit(f"not so: {what}")
    print(f"ok: {what}")


def failure(call, *args, **options):
    try:
        call(*args, **options)
    except heddle.Error as error:
        return error
    raise SystemExit(f"{args} did not fail")


def submit_and_evaluate(assets, name):
    outcome = assets.submit("CreateAsset", name, "blue", "5", "Ann", "300")
    expect(len(outcome.tx_id) == 64 and outcome.block_number > 0, "a transaction is in a block")
    asset = json.loads(assets.evaluate("ReadAsset", name))
    expect(asset["ID"] == name and asset["Owner"] == "Ann", "what it wrote is read")
    old = assets.submit("TransferAsset", name, b"Bj\xc3\xb6rn").result.decode()
    expect(old == "Ann", "a transaction's answer arrives")
    return outcome


def errors(gateway, who, channel, assets, name):
    error = failure(assets.submit, "CreateAsset", name, "red", "1", "Eve", "1")
    expect(error.stage == "endorse" and any(name in d[2] for d in error.details),
           "an error tells the stage, and what each endorser said")
    error = failure(gateway.contract(who, channel, "nowhere").evaluate, "ReadAsset", name)
    expect(error.grpc_code > 0 and error.message, "a chaincode that is not there is an error")
    error = failure(heddle.Identity.from_msp, who.mspid, "/nowhere")
    expect("/nowhere" in error.message, "an error names the file that is missing")


def signer(gateway, who, channel, chaincode, name):
    """A key that only a function of ours has; here it asks the library to sign."""
    threads = set()

    def sign(digest):
        threads.add(threading.get_ident())
        return who.sign(digest)

    other = heddle.Identity.with_signer(who.mspid, who.cert_pem, sign)
    assets = gateway.contract(other, channel, chaincode)
    assets.submit("UpdateAsset", name, "green", "6", "Ann", "310")
    expect(threads, "a function of Python signs a transaction")

    def refuse(_digest):
        raise RuntimeError("the key is locked away")

    locked = heddle.Identity.with_signer(who.mspid, who.cert_pem, refuse)
    error = failure(gateway.contract(locked, channel, chaincode).submit, "ReadAsset", name)
    expect("locked away" in error.message, "what it raises is the error of the call")


async def many(queue, assets, prefix):
    names = [f"{prefix}-{i}" for i in range(AT_ONCE)]
    outcomes = await asyncio.gather(
        *(queue.submit(assets, "CreateAsset", n, "blue", "5", "Ann", "300") for n in names))
    expect(len({o.tx_id for o in outcomes}) == AT_ONCE, f"{AT_ONCE} submissions at once")
    there = await asyncio.gather(*(queue.evaluate(assets, "AssetExists", n) for n in names))
    expect(all(t == b"true" for t in there), f"{AT_ONCE} evaluations at once")
    return names


async def conflict(queue, assets, name):
    """Transfers of one asset at once: one of a block is valid, the others are to be made anew."""
    ends = await asyncio.gather(
        *(queue.submit(assets, "TransferAsset", name, f"owner{i}") for i in range(8)),
        return_exceptions=True)
    lost = [e for e in ends if isinstance(e, heddle.Error)]
    expect(len(lost) < len(ends), "a transfer succeeds")
    expect(all(e.retry == heddle.RETRY_NEW_TX and e.validation_code == 11 and e.tx_id
               for e in lost), f"{len(lost)} that read what it wrote are told to begin again")


async def at_once(assets, name):
    with heddle.Queue() as queue:
        names = await many(queue, assets, name)
        await conflict(queue, assets, name)
    return names


def events(stream, first, names):
    seen = []
    until = time.monotonic() + 60
    while len(set(seen) & set(names)) < len(names) and time.monotonic() < until:
        event = stream.next(1000)
        if event and event.name == "CreateAsset":
            if not seen:
                expect(event.tx_id == first.tx_id and event.block_number == first.block_number,
                       "the first event is that of the first transaction")
            seen.append(json.loads(event.payload)["ID"])
    expect(sorted(set(seen)) == sorted(names) and len(seen) == len(names),
           "each event arrives once")


def main():
    parser = argparse.ArgumentParser()
    for option in ("gateway", "tls-ca", "msp-id", "msp-dir"):
        parser.add_argument(f"--{option}", required=True)
    parser.add_argument("--channel", default="mychannel")
    parser.add_argument("--chaincode", default="basic")
    args = parser.parse_args()
    name = f"python-{os.getpid()}-{time.time_ns()}"

    who = heddle.Identity.from_msp(args.msp_id, args.msp_dir)
    with heddle.Gateway(args.gateway, tls_roots_file=args.tls_ca) as gateway:
        assets = gateway.contract(who, args.channel, args.chaincode)
        first = submit_and_evaluate(assets, name)
        with gateway.events(who, args.channel, args.chaincode, first.block_number) as stream:
            errors(gateway, who, args.channel, assets, name)
            signer(gateway, who, args.channel, args.chaincode, name)
            names = asyncio.run(at_once(assets, name))
            events(stream, first, [name] + names)
    late = failure(assets.evaluate, "ReadAsset", name)
    expect(late.status == "E_BAD_STATE", "a closed gateway refuses")


main()
