import SeerSupport
import Testing

struct UserFoldersTests {
  @Test func asTheSpecificationHasThem() {
    #expect(UserFolders.cache(["HOME": "/h"]) == "/h/.cache/seer")
    #expect(UserFolders.cache(["HOME": "/h", "XDG_CACHE_HOME": "/c"]) == "/c/seer")
    #expect(UserFolders.cache(["HOME": "/h", "XDG_CACHE_HOME": "c"]) == "/h/.cache/seer")
    #expect(UserFolders.state(["HOME": "/h"]) == "/h/.local/state/seer")
    #expect(UserFolders.configuration(["HOME": "/h"]) == "/h/.config/seer")
    #expect(UserFolders.data(["HOME": "/h"]) == "/h/.local/share/seer")
  }

  /// Nothing is ever kept at the root, in the folder one happens to be in, or under a name that only
  /// looks like the user's.
  @Test(arguments: ["", "/", "//", "home", ".", "/h\u{FFFD}"])
  func noHome(home: String) {
    for environment in [["HOME": home], ["HOME": home, "XDG_CACHE_HOME": "c"], [:]] {
      #expect(UserFolders.cache(environment) == nil)
      #expect(UserFolders.state(environment) == nil)
    }
    #expect(UserFolders.cache(["HOME": home, "XDG_CACHE_HOME": "/c"]) == "/c/seer")
  }
}
