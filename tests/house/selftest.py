# SPDX-License-Identifier: Apache-2.0
"""The coroutine check has to find the bad forms and leave the good ones alone; run before every check."""
import pathlib

import coroutines
import source

GOOD = [
    "Task<int> f(int a) { const int frame = 0; const auto x = co_await g(a, h()); co_return x; }",
    "Task<void> f() { Options o{1}; co_await g(std::move(o)); }",
    "Task<void> f() { [[maybe_unused]] const int frame = 0; for (;;) { const auto l = co_await next(); co_return; } }",
    "Task<void> S::f() const { std::vector<int> none; auto r = co_await call(none); co_return; }",
    "template <class R> Task<Result<typename R::Reply>> f(R r) { std::string b = e(r); auto x = co_await g(b); }",
    "Task<void> f() { a::B* const b = g(); if (b && c) d = co_await b->go(); co_return; }",
    "Task<void> f() { using a::B; const B b = g(); co_await b.go(); }",
    "void f() { group.spawn([](Thing& t) -> Task<void> { const int frame = 0; co_await t.go(); }(thing)); }",
    "Task<int> f() { auto [a, b] = pair(); co_await g(a); co_return b; }",
    "Task<int> f() { const auto r = co_await g(); const int x = r ? 1 : 2; co_return x; }",
    "Task<int> f() { int x = 0; if (x) { co_await g(x); } else { x = co_await h(); } co_return x; }",
]
BAD = [
    "Task<void> f() { int a = 0; if (co_await g(a)) { } }",
    "Task<void> f() { int a = 0; while (!co_await g(a)) { } }",
    "Task<void> f() { int a = 0; for (auto x : co_await g(a)) { } }",
    "Task<void> f() { int a = 0; switch (co_await g(a)) { } }",
    "Task<void> f() { int a = 0; co_await g(Options{a}); }",
    "Task<void> f() { int a = 0; co_await g({}); }",
    "Task<void> f() { int a = 0; co_await g([a] { return a; }); }",
    "Task<void> f() { int a = 0; auto x = a ? co_await g(a) : 0; }",
    "Task<void> f() { int a = 0; Pair p{co_await g(a)}; }",
    "Task<void> f() { int a = 0; const bool b = a && co_await g(a); }",
    "Task<void> f() { int a = 0; h(co_await g(a), co_await g(a)); }",
    "Task<void> f() { int a = 0; co_return co_await g(a); }",
    "Task<void> f() { co_await g(); }",
    "Task<void> f() { for (;;) { co_await g(); } }",
    "Task<int> f() { co_return 1; }",
    "Task<void> f(std::string&& s) { int a = 0; co_await g(a); }",
    "void f() { spawn([this]() -> Task<void> { int a = 0; co_await g(a); }); }",
    "Task<void> f() { int a = 0; BOOST_TEST(co_await g(a)); }",
]


def complaints(text):
    found = []
    one = source.Source(pathlib.Path("src/sample/sample.cc"), text)
    coroutines.check([one], lambda s, line, message: found.append(message))
    return found


def run():
    for text in GOOD:
        assert not complaints(text), (text, complaints(text))
    for text in BAD:
        assert complaints(text), text
