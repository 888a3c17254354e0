using Consort.Serving.Packages;
using FsCheck;
using FsCheck.Fluent;

namespace Consort.Serving.Tests.Packages;

/// <summary>Families of any numbers, packed and read again.</summary>
[Collection(ServingDataCollection.Name)]
public sealed class PackagePropertyTests(ServingData data)
{
    [Fact]
    public void WriteThenLoad_AnyFamily_IsTheSameFileAndScoresTheSame() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(15),
        Prop.ForAll(
            (from seed in Gen.Choose(1, int.MaxValue)
             from members in Gen.Choose(1, 3)
             from isShared in Gen.Elements(true, false)
             from dimension in Gen.Choose(1, 9)
             from model in Gen.Elements("DeepFM", "DCNv2", "FM", "AutoInt")
             select (seed, members, isShared, dimension, model)).ToArbitrary(),
            draft =>
            {
                using var family = new TrainedFamily(data,
                    TrainedFamily.Of(draft.model, "{}", draft.members, draft.isShared, draft.dimension), (ulong)draft.seed, deviation: 0.1);
                string first = data.NewFile("first.consort"), second = data.NewFile("second.consort");
                PackageWriter.Write(first, family.Content());
                PackageWriter.Write(second, family.Content());
                Assert.Equal(File.ReadAllBytes(first), File.ReadAllBytes(second));

                using var scorer = Scorer.Load(first);
                Assert.Equal([.. Enumerable.Range(0, draft.members)], scorer.Package.Members);
                var expected = family.Probabilities();
                for (var row = 0; row < expected.Length; row += 7)
                    Assert.Equal(expected[row], scorer.Score(data.Values(scorer, row)), 1e-6);
            }));
}
