"""libheddle from Python, by ctypes alone: the part of a binding that an application meets first.

    who = Identity.from_msp("Org1MSP", "users/User1@org1.example.com/msp")
    with Gateway("localhost:7051", tls_roots_file="tlsca.pem") as gateway:
        assets = gateway.contract(who, "mychannel", "basic")
        assets.submit("CreateAsset", "a1", "blue", "5", "Ann", "300")
        print(assets.evaluate("ReadAsset", "a1"))

The library is the one that HEDDLE_LIBRARY names, or libheddle.so.0 where the loader finds it.
A function of the library that fails raises Error. Structs are written here as the headers have
them; those that begin with their size may be shorter than the library's own.
"""
import asyncio
import ctypes as c
import itertools
import os

_lib = c.CDLL(os.environ.get("HEDDLE_LIBRARY", "libheddle.so.0"))
_handle = c.c_void_p


class View(c.Structure):
    """heddle_view: bytes that somebody else owns."""
    _fields_ = [("data", c.c_void_p), ("len", c.c_size_t)]

    @classmethod
    def of(cls, data):
        """A view of bytes, which it keeps alive."""
        view = cls(c.cast(c.c_char_p(data), c.c_void_p), len(data))
        view.kept = data
        return view

    def copy(self):
        return c.string_at(self.data, self.len) if self.len else b""


class Bytes(View):
    """heddle_bytes: bytes of our own, to be freed."""

    def take(self):
        try:
            return self.copy()
        finally:
            _lib.heddle_bytes_done(c.byref(self))


class _Error(c.Structure):
    _fields_ = [("status", c.c_int), ("retry", c.c_int), ("stage", c.c_int),
                ("grpc_code", c.c_int), ("validation_code", c.c_int),
                ("ca_code", c.c_int), ("tx_id", c.c_char * 65), ("message", c.c_char * 423)]


class _Detail(c.Structure):
    _fields_ = [("address", c.c_char_p), ("mspid", c.c_char_p), ("message", c.c_char_p)]


class _GatewayOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("target", c.c_char_p), ("tls_roots_pem", View),
                ("tls_roots_file", c.c_char_p), ("plaintext", c.c_bool),
                ("name_override", c.c_char_p), ("client_cert_pem", View),
                ("client_key_pem", View), ("connections", c.c_uint32),
                ("keepalive_ms", c.c_uint32), ("connect_wait_ms", c.c_uint32),
                ("evaluate_timeout_ms", c.c_uint32), ("endorse_timeout_ms", c.c_uint32),
                ("submit_timeout_ms", c.c_uint32), ("commit_status_timeout_ms", c.c_uint32)]


class _CallOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("timeout_ms", c.c_uint32), ("details", c.c_void_p)]


class _Transient(c.Structure):
    _fields_ = [("name", c.c_char_p), ("value", View)]


class _Request(c.Structure):
    _fields_ = [("size", c.c_size_t), ("function", c.c_char_p), ("args", c.POINTER(View)),
                ("texts", c.c_void_p), ("arg_count", c.c_size_t),
                ("transient", c.POINTER(_Transient)), ("transient_count", c.c_size_t),
                ("endorsing_orgs", c.POINTER(c.c_char_p)), ("endorsing_org_count", c.c_size_t)]


class _Outcome(c.Structure):
    _fields_ = [("result", Bytes), ("tx_id", c.c_char * 65), ("validation_code", c.c_int),
                ("block_number", c.c_uint64)]


class _Event(c.Structure):
    _fields_ = [("block_number", c.c_uint64), ("tx_id", c.c_char_p), ("chaincode", c.c_char_p),
                ("name", c.c_char_p), ("payload", View)]


class _EventsOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("from_block", c.c_bool), ("start_block", c.c_uint64),
                ("after_tx", c.c_char_p)]


# The names of the structs in the headers, for whoever wants to compare the two.
STRUCTS = {"heddle_view": View, "heddle_bytes": Bytes, "heddle_error": _Error,
           "heddle_detail": _Detail, "heddle_gateway_options": _GatewayOptions,
           "heddle_call_options": _CallOptions, "heddle_transient": _Transient,
           "heddle_request": _Request, "heddle_outcome": _Outcome, "heddle_event": _Event,
           "heddle_events_options": _EventsOptions}

_SIGN_FN = c.CFUNCTYPE(c.c_int, View, c.POINTER(c.c_uint8), c.POINTER(c.c_size_t), c.c_void_p,
                       c.POINTER(_Error))
_RELEASE_FN = c.CFUNCTYPE(None, c.c_void_p)
SIGNATURE_MAX = 144
E_CRYPTO, E_TIMED_OUT = 10, 15
RETRY_NO, RETRY_SAFE, RETRY_ASK_STATUS, RETRY_NEW_TX = range(4)


class Error(Exception):
    """heddle_error, with what each peer said in `details`: (address, mspid, message)."""

    def __init__(self, error, details=()):
        self.status = _text(_lib.heddle_status_name(error.status))
        self.stage = _text(_lib.heddle_stage_name(error.stage))
        self.retry = error.retry
        self.grpc_code = error.grpc_code
        self.validation_code = error.validation_code
        self.ca_code = error.ca_code
        self.tx_id = _text(error.tx_id)
        self.message = _text(error.message)
        self.details = list(details)
        super().__init__(f"{self.status}: {self.message}")


def _text(raw):
    return raw.decode("utf-8", "replace")


def _declare(name, *arguments, result=c.c_int):
    function = getattr(_lib, name)
    function.argtypes, function.restype = arguments, result


_options = c.POINTER(_CallOptions)
_out = c.POINTER(_handle)
_err = c.POINTER(_Error)
_declare("heddle_status_name", c.c_int, result=c.c_char_p)
_declare("heddle_stage_name", c.c_int, result=c.c_char_p)
_declare("heddle_bytes_done", c.c_void_p, result=None)
_declare("heddle_details_new", result=_handle)
_declare("heddle_details_free", _handle, result=None)
_declare("heddle_details_count", _handle, result=c.c_size_t)
_declare("heddle_details_at", _handle, c.c_size_t, result=c.POINTER(_Detail))
_declare("heddle_identity_from_msp", c.c_char_p, c.c_char_p, _out, _err)
_declare("heddle_identity_with_signer", c.c_char_p, View, _SIGN_FN, c.c_void_p, _RELEASE_FN,
         _out, _err)
_declare("heddle_identity_sign", _handle, View, c.POINTER(c.c_uint8), c.POINTER(c.c_size_t), _err)
_declare("heddle_identity_cert_pem", _handle, result=View)
_declare("heddle_identity_mspid", _handle, result=c.c_char_p)
_declare("heddle_identity_unref", _handle, result=None)
_declare("heddle_gateway_open", c.POINTER(_GatewayOptions), _out, _err)
_declare("heddle_gateway_close", _handle, result=None)
_declare("heddle_contract_new", _handle, _handle, c.c_char_p, c.c_char_p, _out, _err)
_declare("heddle_contract_unref", _handle, result=None)
_declare("heddle_evaluate", _handle, c.POINTER(_Request), _options, c.POINTER(Bytes), _err)
_declare("heddle_submit", _handle, c.POINTER(_Request), _options, c.POINTER(_Outcome), _err)
_declare("heddle_queue_open", c.c_void_p, _out, _err)
_declare("heddle_queue_close", _handle, result=None)
_declare("heddle_queue_fd", _handle)
_declare("heddle_queue_evaluate", _handle, _handle, c.POINTER(_Request), _options, c.c_void_p,
         _out, _err)
_declare("heddle_queue_submit", _handle, _handle, c.POINTER(_Request), _options, c.c_void_p,
         _out, _err)
_declare("heddle_queue_next", _handle, c.c_uint32, _out, _err)
_declare("heddle_completion_free", _handle, result=None)
_declare("heddle_completion_user", _handle, result=c.c_void_p)
_declare("heddle_completion_error", _handle, result=c.POINTER(_Error))
_declare("heddle_completion_result", _handle, result=View)
_declare("heddle_completion_outcome", _handle, result=c.POINTER(_Outcome))
_declare("heddle_events_open", _handle, _handle, c.c_char_p, c.c_char_p, c.POINTER(_EventsOptions),
         _out, _err)
_declare("heddle_events_next", _handle, c.c_uint32, c.POINTER(_Event), _err)
_declare("heddle_events_close", _handle, result=None)


# Signing functions by the number that the library hands back. The library calls back on its own
# threads, and may still be returning from a callback when its object goes: so there is one of
# each kind for good, and it finds the rest here.
_signers, _numbers = {}, itertools.count(1)


@_SIGN_FN
def _on_sign(digest, signature, length, user, err):
    try:
        made = _signers[user](digest.copy())
        if len(made) > SIGNATURE_MAX:
            raise ValueError("the signature is too long")
        c.memmove(signature, made, len(made))
        length[0] = len(made)
        return 0
    except Exception as failure:  # it must not get past the library
        if err:
            err[0].message = str(failure).encode()[:426]
        return E_CRYPTO


@_RELEASE_FN
def _on_release(user):
    _signers.pop(user)


def _call(name, *arguments):
    """Call what gives a status, with an error of its own behind the arguments."""
    err = _Error()
    if getattr(_lib, name)(*arguments, c.byref(err)):
        raise Error(err)


class _Object:
    """What a handle of the library stands for; `end` gives it back."""
    _end = None

    def __init__(self, handle):
        self._handle = handle

    def close(self):
        handle, self._handle = self._handle, None
        if handle:
            getattr(_lib, self._end)(handle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        self.close()


class Identity(_Object):
    _end = "heddle_identity_unref"

    @classmethod
    def from_msp(cls, mspid, folder):
        handle = _handle()
        _call("heddle_identity_from_msp", mspid.encode(), os.fsencode(folder), c.byref(handle))
        return cls(handle)

    @classmethod
    def with_signer(cls, mspid, cert_pem, sign):
        """`sign` takes a digest and gives a signature in DER, on any thread."""
        handle, user = _handle(), next(_numbers)
        _signers[user] = sign
        try:
            _call("heddle_identity_with_signer", mspid.encode(), View.of(cert_pem), _on_sign, user,
                  _on_release, c.byref(handle))
        except Error:
            _signers.pop(user)
            raise
        return cls(handle)

    @property
    def mspid(self):
        return _text(_lib.heddle_identity_mspid(self._handle))

    @property
    def cert_pem(self):
        return _lib.heddle_identity_cert_pem(self._handle).copy()

    def sign(self, digest):
        signature, length = (c.c_uint8 * SIGNATURE_MAX)(), c.c_size_t()
        _call("heddle_identity_sign", self._handle, View.of(digest), signature, c.byref(length))
        return bytes(signature[:length.value])


class Gateway(_Object):
    """Options are those of heddle_gateway_options, texts as str and PEM as bytes."""
    _end = "heddle_gateway_close"

    def __init__(self, target, **options):
        struct, handle = _GatewayOptions(size=c.sizeof(_GatewayOptions)), _handle()
        for name, value in {"target": target, **options}.items():
            setattr(struct, name, value.encode() if isinstance(value, str) else
                    View.of(value) if isinstance(value, bytes) else value)
        _call("heddle_gateway_open", c.byref(struct), c.byref(handle))
        super().__init__(handle)

    def contract(self, identity, channel, chaincode):
        return Contract(self, identity, channel, chaincode)

    def events(self, identity, channel, chaincode, start_block=None, after_tx=None):
        return Events(self, identity, channel, chaincode, start_block, after_tx)


class Outcome:
    def __init__(self, struct, result):
        self.result = result
        self.tx_id = _text(struct.tx_id)
        self.block_number = struct.block_number


class Contract(_Object):
    """Arguments are str or bytes."""
    _end = "heddle_contract_unref"

    def __init__(self, gateway, identity, channel, chaincode):
        handle = _handle()
        _call("heddle_contract_new", gateway._handle, identity._handle, channel.encode(),
              chaincode.encode(), c.byref(handle))
        super().__init__(handle)

    def evaluate(self, function, *args, **options):
        result = Bytes()
        self._wait("heddle_evaluate", result, function, args, **options)
        return result.take()

    def submit(self, function, *args, **options):
        outcome = _Outcome()
        self._wait("heddle_submit", outcome, function, args, **options)
        return Outcome(outcome, outcome.result.take())

    def _wait(self, name, out, function, args, timeout_ms=0, **request):
        err, details = _Error(), _lib.heddle_details_new()
        options = _CallOptions(c.sizeof(_CallOptions), timeout_ms, details)
        try:
            if getattr(_lib, name)(self._handle, _request(function, args, **request),
                                   c.byref(options), c.byref(out), c.byref(err)):
                raise Error(err, _details(details))
        finally:
            _lib.heddle_details_free(details)


def _request(function, args, transient=None, endorsing_orgs=()):
    raw = [View.of(a.encode() if isinstance(a, str) else a) for a in args]
    hidden = [_Transient(k.encode(), View.of(v)) for k, v in (transient or {}).items()]
    orgs = [o.encode() for o in endorsing_orgs]
    request = _Request(c.sizeof(_Request), function.encode(), (View * len(raw))(*raw), None,
                       len(raw), (_Transient * len(hidden))(*hidden), len(hidden),
                       (c.c_char_p * len(orgs))(*orgs), len(orgs))
    request.kept = raw, hidden, orgs
    return request


def _details(handle):
    for i in range(_lib.heddle_details_count(handle)):
        detail = _lib.heddle_details_at(handle, i)[0]
        yield _text(detail.address), _text(detail.mspid), _text(detail.message)


class Queue(_Object):
    """Evaluate and submit for the running event loop, by the queue's file descriptor: no thread
    waits, and none of the library's comes into Python. Close it in the loop it was made in."""
    _end = "heddle_queue_close"

    def __init__(self):
        handle = _handle()
        _call("heddle_queue_open", None, c.byref(handle))
        super().__init__(handle)
        self._loop, self._futures = asyncio.get_running_loop(), {}
        self._fd = _lib.heddle_queue_fd(handle)
        self._loop.add_reader(self._fd, self._take)

    def close(self):
        if self._handle:
            self._loop.remove_reader(self._fd)
            for future in self._futures.values():
                future.cancel()
        super().close()

    async def evaluate(self, contract, function, *args, **request):
        return await self._start("heddle_queue_evaluate", contract, function, args, request)

    async def submit(self, contract, function, *args, **request):
        return await self._start("heddle_queue_submit", contract, function, args, request)

    async def _start(self, name, contract, function, args, request):
        user, future = next(_numbers), self._loop.create_future()
        _call(name, self._handle, contract._handle, _request(function, args, **request), None,
              user, None)
        self._futures[user] = future
        return await future

    def _take(self):
        done = _handle()
        while _lib.heddle_queue_next(self._handle, 0, c.byref(done), None) == 0:
            future = self._futures.pop(_lib.heddle_completion_user(done))
            if not future.cancelled():
                self._settle(future, done)
            _lib.heddle_completion_free(done)

    @staticmethod
    def _settle(future, done):
        err, outcome = _lib.heddle_completion_error(done), _lib.heddle_completion_outcome(done)
        if err:
            future.set_exception(Error(err[0]))
        elif outcome:
            future.set_result(Outcome(outcome[0], outcome[0].result.copy()))
        else:
            future.set_result(_lib.heddle_completion_result(done).copy())


class Event:
    def __init__(self, struct):
        self.block_number = struct.block_number
        self.tx_id = _text(struct.tx_id)
        self.name = _text(struct.name)
        self.payload = struct.payload.copy()


class Events(_Object):
    _end = "heddle_events_close"

    def __init__(self, gateway, identity, channel, chaincode, start_block, after_tx):
        handle = _handle()
        options = _EventsOptions(c.sizeof(_EventsOptions), start_block is not None,
                                 start_block or 0, after_tx.encode() if after_tx else None)
        _call("heddle_events_open", gateway._handle, identity._handle, channel.encode(),
              chaincode.encode(), c.byref(options), c.byref(handle))
        super().__init__(handle)

    def next(self, timeout_ms):
        """The next event; None: there was none in that time."""
        event, err = _Event(), _Error()
        status = _lib.heddle_events_next(self._handle, timeout_ms, c.byref(event), c.byref(err))
        if status == E_TIMED_OUT:
            return None
        if status:
            raise Error(err)
        return Event(event)
