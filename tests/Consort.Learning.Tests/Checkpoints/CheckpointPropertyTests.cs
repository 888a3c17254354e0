using Consort.Compute.Cpu.Parameters;
using Consort.Data.Schemas;
using Consort.Learning.Checkpoints;
using Consort.Models;
using Consort.Models.Embeddings;
using Consort.Models.Layers;
using Consort.Models.Zoo;
using FsCheck;
using FsCheck.Fluent;

namespace Consort.Learning.Tests.Checkpoints;

/// <summary>Families of any shape with any numbers, written and read again.</summary>
public sealed class CheckpointPropertyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("consort-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void SaveThenLoad_AnyNumbers_GivesTheSameBits() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(60),
        Prop.ForAll(
            (from sizes in Gen.Choose(2, 9).NonEmptyListOf().Resize(4)
             from dimension in Gen.Choose(1, 5)
             from units in Gen.Choose(1, 6)
             from bits in Gen.Choose(int.MinValue, int.MaxValue).ArrayOf(97)
             from state in Gen.Elements("{}", "{\"steps\":3}", "{\"name\":\"a \\\"checksum\\\":\\\"x\\\" é\"}")
             select (Sizes: sizes.ToArray(), dimension, units, Numbers: Array.ConvertAll(bits, Finite), state)).ToArbitrary(),
            draft =>
            {
                using var saved = Store(draft.Sizes, draft.dimension, draft.units);
                Fill(saved, draft.Numbers);
                var path = Path.Combine(_folder, "any.ckpt");
                Checkpoint.Save(path, saved, null, draft.state);
                using var loaded = Store(draft.Sizes, draft.dimension, draft.units);
                Assert.Equal(draft.state, Checkpoint.Load(path, loaded));
                Assert.Equal(Bits(saved), Bits(loaded));
            }));

    // Any finite number, subnormal ones too.
    private static float Finite(int bits) =>
        BitConverter.Int32BitsToSingle(bits) is var number && float.IsFinite(number) ? number : bits & 0xFF;

    private static ParameterStore<float> Store(int[] sizes, int dimension, int units) => new(
        new Family(new EmbeddingOptions { Dimension = dimension }, [new Dnn(new MlpOptions { HiddenUnits = [units] })]).Build(
            FeatureSpace.Of(sizes, 1)));

    private static void Fill(ParameterStore<float> store, float[] numbers)
    {
        var next = 0;
        foreach (var slot in store.Slots)
            Put(store.DenseValues.Span.Slice((int)slot.Offset, slot.Length));
        foreach (var table in store.Embeddings)
            Put(table.Values.Span);

        void Put(Span<float> values)
        {
            foreach (ref var value in values)
                value = numbers[next++ % numbers.Length];
        }
    }

    private static int[] Bits(ParameterStore<float> store) =>
        [
            .. store.Slots.SelectMany(s => store.DenseValues.Span.Slice((int)s.Offset, s.Length).ToArray())
            .Select(BitConverter.SingleToInt32Bits),
            .. store.Embeddings.SelectMany(e => e.Values.Span.ToArray()).Select(BitConverter.SingleToInt32Bits),
        ];
}
