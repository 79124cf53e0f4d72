import SeerAnalysis
import Testing

struct FoldsTests {
  private let prompts = (0..<103).map { "prompt \($0 % 60)" }

  @Test func everyRowIsJudgedOnceAndPromptsStayTogether() {
    let folds = Folds(prompts: prompts, splits: prompts.map { _ in nil }).folds
    #expect(folds.count == 5)
    #expect(folds.flatMap(\.test).sorted() == Array(prompts.indices))
    for fold in folds {
      #expect((fold.train + fold.test).sorted() == Array(prompts.indices))
      #expect(fold.train == fold.train.sorted() && fold.test == fold.test.sorted())
      #expect(Set(fold.train.map { prompts[$0] }).isDisjoint(with: fold.test.map { prompts[$0] }))
      #expect((19...22).contains(fold.test.count))
    }
  }

  @Test func theSeedDecides() {
    let splits = prompts.map { _ in nil as ConceptSet.Side? }
    let first = Folds(prompts: prompts, splits: splits, seed: 3)
    #expect(first == Folds(prompts: prompts, splits: splits, seed: 3))
    #expect(first != Folds(prompts: prompts, splits: splits, seed: 4))
  }

  @Test func aGivenSplitIsOneFold() {
    let folds = Folds(prompts: ["a", "b", "a"], splits: [.test, .train, .train])
    #expect(folds.folds == [.init(train: [1, 2], test: [0])])
    #expect(Folds(prompts: ["a", "b"], splits: [.test, .test]).folds == [])
  }

  @Test func promptsAreComparedByTheirBytes() {
    let folds = Folds(prompts: ["\u{212B}", "\u{C5}"], splits: [nil, nil]).folds
    #expect(folds.count == 2)
    #expect(Folds(prompts: ["a", "a"], splits: [nil, nil]).folds == [])
    #expect(Folds(prompts: [], splits: []).folds == [])
  }
}
