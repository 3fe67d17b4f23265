// SPDX-License-Identifier: Apache-2.0
// Sessions, tickets, bearer tokens, the password and the throttle, each over time.
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

#include "console/access/known_browsers.hpp"
#include "console/access/nonces.hpp"
#include "console/access/password.hpp"
#include "console/access/sessions.hpp"
#include "console/access/throttle.hpp"
#include "console/access/tickets.hpp"
#include "console/access/tokens.hpp"
#include "support/catch.hpp"
#include "sys/file.hpp"

namespace tmplbuild::console {
namespace {

const Origin console_at{"https", "abc-8765.proxy.runpod.net", 443};
const Origin comfy_at{"https", "abc-8188.proxy.runpod.net", 443};
const Digest mark = Sha256::of("password");
constexpr UnixMs start = 1'000'000'000'000;

Tickets::Bound bound(const std::string& nonce) { return {"session", comfy_at, Sha256::of(nonce)}; }

}  // namespace

TEST_CASE("a session's token opens the origin it was made for, and no other") {
    Sessions sessions(mark);
    const std::string token = sessions.sign_in(console_at, start);
    const auto found = sessions.find(token, console_at, start);
    REQUIRE(found);
    CHECK_FALSE(sessions.find(token, comfy_at, start));
    CHECK_FALSE(sessions.find(token + "0", console_at, start));
    CHECK_FALSE(sessions.find("", console_at, start));
    const std::string second = sessions.add(found->id, comfy_at, start);
    CHECK(sessions.find(second, comfy_at, start)->id == found->id);
    CHECK_FALSE(sessions.find(second, console_at, start));
    CHECK(sessions.add("no such session", comfy_at, start).empty());
}

TEST_CASE("signing out ends a session on every port at once, and others stay") {
    Sessions sessions(mark);
    const std::string token = sessions.sign_in(console_at, start), other = sessions.sign_in(console_at, start);
    const std::string id = sessions.find(token, console_at, start)->id;
    const std::string second = sessions.add(id, comfy_at, start);
    sessions.sign_out(id);
    CHECK_FALSE(sessions.find(token, console_at, start));
    CHECK_FALSE(sessions.find(second, comfy_at, start));
    CHECK_FALSE(sessions.is_alive(id, start));
    CHECK(sessions.find(other, console_at, start));
}

TEST_CASE("a session ends when nobody uses it, and after its lifetime") {
    Sessions sessions(mark);
    const std::string token = sessions.sign_in(console_at, start);
    CHECK(sessions.find(token, console_at, start + Sessions::idle_ms));
    CHECK_FALSE(sessions.find(token, console_at, start + 2 * Sessions::idle_ms + 1));
    Sessions used(mark);
    const std::string often = used.sign_in(console_at, start);
    for (UnixMs now = start; now <= start + Sessions::lifetime_ms; now += Sessions::idle_ms / 2)
        CHECK(used.find(often, console_at, now));
    CHECK_FALSE(used.find(often, console_at, start + Sessions::lifetime_ms + 1));
}

TEST_CASE("sessions survive a restart, and end with the password") {
    Sessions before(mark);
    const std::string token = before.sign_in(console_at, start);
    const std::string kept = before.keep();
    CHECK(kept.find(token) == std::string::npos);
    Sessions after(mark);
    after.take_over(kept, start);
    CHECK(after.find(token, console_at, start)->csrf == before.find(token, console_at, start)->csrf);
    Sessions other(Sha256::of("another password"));
    other.take_over(kept, start);
    CHECK(other.size() == 0);
    Sessions late(mark);
    late.take_over(kept, start + Sessions::lifetime_ms * 2);
    CHECK(late.size() == 0);
    for (const char* broken : {"", "{", "[]", "{}", R"({"password":1,"sessions":[],"tokens":{}})"}) {
        Sessions none(mark);
        none.take_over(broken, start);
        CHECK(none.size() == 0);
    }
}

TEST_CASE("sessions and their tokens are bounded, and the latest stay") {
    Sessions sessions(mark);
    std::string last;
    for (std::size_t n = 0; n < Sessions::at_most + 10; ++n)
        last = sessions.sign_in(console_at, start + static_cast<UnixMs>(n));
    CHECK(sessions.size() == Sessions::at_most);
    const auto found = sessions.find(last, console_at, start + 1'000);
    REQUIRE(found);
    std::string token;
    for (std::size_t n = 0; n < Sessions::tokens_at_most + 10; ++n)
        token = sessions.add(found->id, comfy_at, start + static_cast<UnixMs>(n) + 1'000);
    CHECK(sessions.find(token, comfy_at, start + 2'000));
    CHECK(sessions.keep().size() < 100'000);
}

TEST_CASE("a ticket opens one port for one browser, once, within a minute") {
    Tickets tickets;
    const std::string ticket = tickets.issue(bound("nonce"), start);
    const auto opened = tickets.redeem(ticket, comfy_at, "nonce", start + Tickets::lifetime_ms);
    REQUIRE(opened);
    CHECK(opened->session == "session");
    CHECK_FALSE(tickets.redeem(ticket, comfy_at, "nonce", start));  // replayed
    CHECK_FALSE(
        tickets.redeem(tickets.issue(bound("nonce"), start), comfy_at, "nonce", start + Tickets::lifetime_ms + 1));
    CHECK_FALSE(tickets.redeem(tickets.issue(bound("nonce"), start), console_at, "nonce", start));
    CHECK_FALSE(tickets.redeem(tickets.issue(bound("nonce"), start), comfy_at, "another", start));
    CHECK_FALSE(tickets.redeem(tickets.issue(bound("nonce"), start), comfy_at, "", start));
    CHECK_FALSE(tickets.redeem(tickets.issue(bound(""), start), comfy_at, "", start));
    CHECK_FALSE(tickets.redeem("", comfy_at, "nonce", start));
}

TEST_CASE("a ticket that was refused once is used up") {
    Tickets tickets;
    const std::string ticket = tickets.issue(bound("nonce"), start);
    CHECK_FALSE(tickets.redeem(ticket, comfy_at, "guess", start));
    CHECK_FALSE(tickets.redeem(ticket, comfy_at, "nonce", start));
}

TEST_CASE("a nonce is one of this console's, for one port and some minutes, and says what was asked for and by whom") {
    const Nonces nonces;
    const std::string path = "/a-b?c=d;e&\xc3\xa4";
    const std::string own = nonces.make(comfy_at, {path, true}, start);
    const std::string elsewhere = nonces.make(comfy_at, {path, false}, start);
    const auto read = nonces.read(own, comfy_at, start + Nonces::lifetime_ms);
    REQUIRE(read);
    CHECK(read->path == path);
    CHECK(read->own_doing);
    CHECK_FALSE(nonces.read(elsewhere, comfy_at, start)->own_doing);
    CHECK_FALSE(nonces.read(own, comfy_at, start + Nonces::lifetime_ms + 1));
    CHECK_FALSE(nonces.read(own, console_at, start));
    CHECK_FALSE(Nonces().read(own, comfy_at, start));
    CHECK(nonces.make(comfy_at, {path, true}, start) != own);
    std::string turned = elsewhere;
    turned.replace(turned.find("-elsewhere-"), 11, "-own-");
    std::string elsewhere_to = own;
    elsewhere_to.replace(elsewhere_to.find("-own-") + 5, 4, "L2Iv");
    for (const std::string& wrong : {turned, elsewhere_to, own + "0", own.substr(1), own.substr(0, 69), std::string(),
                                     std::string("-own-"), std::string("----"), "0" + own.substr(1) + own})
        CHECK_FALSE(nonces.read(wrong, comfy_at, start));
    // The longest path makes a cookie that browsers keep: 4,096 bytes with its name.
    const std::string longest = "/" + std::string(2047, 'x');
    REQUIRE(is_local_path(longest));
    CHECK(nonces.read(nonces.make(comfy_at, {longest, false}, start), comfy_at, start)->path == longest);
}

TEST_CASE("a return address stays on its origin") {
    for (const char* path : {"/", "/a", "/a?b=//c", "/a#b", "/%2f"}) CHECK(is_local_path(path));
    for (const char* path : {"", "a", "//evil.example", "/\\evil.example", "https://evil.example", "/a\nb", "/a b",
                             "/a\\b", "\\/evil.example", "/\t/evil.example"})
        CHECK_FALSE(is_local_path(path));
    CHECK_FALSE(is_local_path("/" + std::string(2048, 'a')));
}

TEST_CASE("a bearer token works until it is withdrawn, and is kept as a digest") {
    BearerTokens tokens;
    const auto made = tokens.make("nightly render", start);
    REQUIRE(made);
    CHECK(tokens.is_valid(made->text, start + 5));
    CHECK(tokens.all().front().used == start + 5);
    CHECK(tokens.keep().find(made->text) == std::string::npos);
    BearerTokens after;
    REQUIRE(after.take_over(tokens.keep()));
    CHECK(after.is_valid(made->text, start));
    CHECK_FALSE(after.is_valid(made->text + "0", start));
    CHECK_FALSE(after.is_valid("tmplbuild_", start));
    CHECK(after.withdraw(made->id));
    CHECK_FALSE(after.withdraw(made->id));
    CHECK_FALSE(after.is_valid(made->text, start));
    for (const char* name : {"", " a", "a\n", "\x1b[31m", "\xff"}) CHECK_FALSE(tokens.make(name, start));
    CHECK_FALSE(tokens.make(std::string(81, 'a'), start));
}

TEST_CASE("a change of tokens is applied to what another pod has kept") {
    BearerTokens mine, theirs;
    const auto made = mine.make("mine", start), other = theirs.make("theirs", start);
    TokenChange change{.made = mine.all(), .withdrawn = {}, .used = {{made->id, start + 9}, {other->id, start + 4}}};
    const auto read = TokenChange::parse(change.to_text());
    REQUIRE(read);
    theirs.apply(*read);
    REQUIRE(theirs.all().size() == 2);
    CHECK(theirs.is_valid(made->text, start));
    CHECK(theirs.all().front().used == start + 4);
    theirs.apply({.made = {}, .withdrawn = {other->id}, .used = {}});
    CHECK_FALSE(theirs.is_valid(other->text, start));
    theirs.apply({.made = mine.all(), .withdrawn = {made->id}, .used = {}});
    CHECK(theirs.all().empty());
    for (const char* broken : {"", "[]", "{}", R"({"made":[],"withdrawn":{},"used":{}})",
                               R"({"made":[{"id":"x"}],"withdrawn":[],"used":{}})"})
        CHECK_FALSE(TokenChange::parse(broken));
}

TEST_CASE("kept tokens that are damaged leave those that there are") {
    BearerTokens tokens;
    const auto made = tokens.make("a", start);
    for (const char* broken :
         {"", "[]", "{}", R"({"tokens":[1]})", R"({"tokens":[{"id":"x","name":"a","sha256":"b"}]})"})
        CHECK_FALSE(tokens.take_over(broken));
    CHECK(tokens.is_valid(made->text, start));
}

TEST_CASE("the token of an Authorization header is read in any case of its scheme") {
    CHECK(bearer_of("Bearer abc") == "abc");
    CHECK(bearer_of("bearer  abc ") == "abc");
    CHECK_FALSE(bearer_of("Basic abc"));
    CHECK_FALSE(bearer_of("Bearer"));
    CHECK_FALSE(bearer_of("token abc"));
    CHECK_FALSE(bearer_of(""));
}

TEST_CASE("a password is checked by scrypt, and its mark is the same at each start") {
    const auto password = Password::of("correct horse");
    REQUIRE(password);
    CHECK(password->matches("correct horse"));
    for (const char* wrong : {"", "correct hors", "correct horse ", "Correct horse"})
        CHECK_FALSE(password->matches(wrong));
    CHECK_FALSE(password->matches(std::string(Password::longest + 1, 'a')));
    CHECK(Password::of("correct horse")->mark() == password->mark());
    CHECK(Password::of("another")->mark() != password->mark());
    CHECK_FALSE(Password::of(""));
    CHECK_FALSE(Password::of(std::string(Password::longest + 1, 'a')));
}

TEST_CASE("a variable with a password may end with a line's end; blanks and 'null' are none") {
    CHECK(given_password("correct horse\r\n") == "correct horse");
    CHECK(given_password(" a ") == " a ");
    for (const char* none : {"", " ", "\n", "\t\r\n", "null", "null\n"}) CHECK(given_password(none).empty());
}

TEST_CASE("a made password is compared at once, and chosen ones are not") {
    const std::string text = make_password();
    const auto password = Password::of(text);
    REQUIRE(password);
    CHECK(password->is_made());
    CHECK(password->matches(text));
    for (const std::string& wrong : {std::string(), make_password(), text + "a", text.substr(1)})
        CHECK_FALSE(password->matches(wrong));
    CHECK(Password::of(text)->mark() == password->mark());
    CHECK_FALSE(Password::of("correct horse")->is_made());
    CHECK_FALSE(Password::of(text + "a")->is_made());
    const auto start_of_it = std::chrono::steady_clock::now();
    for (int n = 0; n < 1'000; ++n) CHECK_FALSE(password->matches("guess"));
    CHECK(std::chrono::steady_clock::now() - start_of_it < std::chrono::seconds(5));  // by scrypt: 40 s
}

TEST_CASE("a browser that signed in before is known by a mark that nobody else can make") {
    const auto folder = sys::TempDirectory::make("/tmp", "browsers");
    const std::string file = folder->path() / "key";
    const std::string key = read_or_make_browser_key(file);
    CHECK(key.size() == 64);
    CHECK(read_or_make_browser_key(file) == key);
    const KnownBrowsers browsers(key);
    const std::string mark = browsers.mark(start);
    CHECK(browsers.knows(mark, start));
    CHECK(KnownBrowsers(key).knows(mark, start + KnownBrowsers::lifetime_ms));
    CHECK_FALSE(browsers.knows(mark, start + KnownBrowsers::lifetime_ms + 1));
    CHECK_FALSE(KnownBrowsers(std::string(64, '0')).knows(mark, start));
    CHECK_FALSE(KnownBrowsers("").knows(mark, start));
    CHECK(browsers.mark(start) != mark);
    for (const std::string& wrong :
         {std::string(), "2" + mark.substr(1), mark + "0", mark.substr(1), std::string(64, '0'), std::string(200, '0')})
        CHECK_FALSE(browsers.knows(wrong, start));
}

TEST_CASE("a made password is kept for this user alone, and read again") {
    const auto temporary = sys::TempDirectory::make("/tmp", "password");
    const std::string parent = temporary->path();
    const auto folder = KeptFolder::open(parent, {"a", "console"});
    REQUIRE(folder);
    const auto made = read_or_make_password(*folder);
    REQUIRE(made);
    CHECK(made->made);
    CHECK(made->text.size() == 26);
    struct stat info {};
    REQUIRE(::stat((parent + "/a/console/password").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0600);
    REQUIRE(::stat((parent + "/a/console").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0700);
    const auto again = read_or_make_password(*folder);
    CHECK_FALSE(again->made);
    CHECK(again->text == made->text);
    CHECK(make_password() != make_password());
    // A file that is empty is no password.
    REQUIRE(sys::write_file_atomic(parent + "/a/console/password", "\n", 0600));
    CHECK(read_or_make_password(*folder)->made);
    CHECK(std::distance(std::filesystem::directory_iterator(parent + "/a/console"),
                        std::filesystem::directory_iterator()) == 1);
}

TEST_CASE("a folder or a file that somebody else could have prepared is refused, and nothing is changed in it") {
    const auto temporary = sys::TempDirectory::make("/tmp", "password");
    const std::string parent = temporary->path(), folder = parent + "/console", file = folder + "/password";
    const auto why = [&] {
        const auto opened = KeptFolder::open(parent, {"console"});
        const auto read = opened ? read_or_make_password(*opened) : Result<KeptPassword>(opened.error());
        return read ? std::string() : read.error().message;
    };
    std::filesystem::create_directories(parent + "/elsewhere");
    ::chmod((parent + "/elsewhere").c_str(), 0755);
    std::filesystem::create_symlink(parent + "/elsewhere", folder);
    CHECK(why().find("console' is not a folder") != std::string::npos);
    struct stat info {};
    REQUIRE(::stat((parent + "/elsewhere").c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0755);
    CHECK(std::filesystem::is_empty(parent + "/elsewhere"));
    std::filesystem::remove(folder);
    std::filesystem::create_directory(folder);
    ::chmod(folder.c_str(), 0777);
    CHECK(why().find("others may write to '" + folder + "'") != std::string::npos);
    ::chmod(folder.c_str(), 0700);
    std::filesystem::create_symlink("/etc/hostname", file);
    CHECK(why().find("password' is a link") != std::string::npos);
    std::filesystem::remove(file);
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    CHECK(why().find("password' is not a regular file") != std::string::npos);
    std::filesystem::remove(file);
    REQUIRE(sys::write_file_atomic(file, "chosen by another\n", 0666));
    ::chmod(file.c_str(), 0666);
    CHECK(why().find("others may write to '" + file + "'") != std::string::npos);
    ::chmod(file.c_str(), 0600);
    CHECK(why().empty());
    if (::geteuid() != 0) return;
    REQUIRE(::chown(file.c_str(), 1234, 1234) == 0);
    CHECK(why().find("password' belongs to user 1234") != std::string::npos);
}

TEST_CASE("wrong passwords slow down every sign-in by two seconds at most, for a minute") {
    Throttle throttle;
    CHECK(throttle.delay_ms(start) == 0);
    throttle.failed(start);
    throttle.failed(start);
    CHECK(throttle.delay_ms(start) == 0);
    throttle.failed(start);
    CHECK(throttle.delay_ms(start) == 250);
    for (int n = 0; n < 10'000; ++n) throttle.failed(start);
    CHECK(throttle.delay_ms(start) == Throttle::longest_ms);
    CHECK(throttle.delay_ms(start + Throttle::forgiven_after_ms + 1) == 0);
    throttle.failed(start + Throttle::forgiven_after_ms + 1);
    CHECK(throttle.delay_ms(start + Throttle::forgiven_after_ms + 1) == 0);
}

}  // namespace tmplbuild::console
