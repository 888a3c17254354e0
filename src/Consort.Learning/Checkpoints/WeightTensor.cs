using System.Numerics;
using System.Runtime.InteropServices;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;

namespace Consort.Learning.Checkpoints;

/// <summary>A tensor of a family's weights, or of an optimizer's state, by its name in a checkpoint.</summary>
/// <param name="Name">The name.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Read">Gives its numbers.</param>
/// <param name="Write">Takes them.</param>
internal sealed record WeightTensor(string Name, long[] Shape, TensorReader Read, TensorWriter Write)
{
    private const string OptimizerPrefix = "optimizer:";

    /// <summary>As <see cref="KeptState{T}.IsSpare"/>.</summary>
    public bool IsSpare { get; init; }

    /// <summary>Whether it is state of an optimizer.</summary>
    public bool IsState => Name.StartsWith(OptimizerPrefix, StringComparison.Ordinal);

    /// <summary>How it is written.</summary>
    public TensorSource Source => new(Name, Shape, Read);

    /// <summary>
    /// All of a store, and of an optimizer unless null. Rows that were deferred are up to date, in a copy where the optimizer's state says
    /// how to go on with them as they stand.
    /// </summary>
    public static List<WeightTensor> Of(ParameterStore<float> store, Optimizer<float>? optimizer) =>
    [
        .. OfDense(store), .. store.Embeddings.Select(e => OfRows(e, optimizer is not null)),
        .. (optimizer?.Kept ?? []).Select(s => OfState(s.Name, s.Buffer, s.IsSpare)),
    ];

    /// <summary>The dense parameters.</summary>
    public static IEnumerable<WeightTensor> OfDense(ParameterStore<float> store) => store.Slots.Select(s => new WeightTensor(
        s.Parameter.Name, [.. s.Parameter.Shape.Dimensions.ToArray().Select(d => (long)d)],
        (start, length) => store.Values(s.Parameter).Slice((int)start, length),
        (start, numbers) => numbers.CopyTo(store.Values(s.Parameter)[(int)start..])));

    /// <summary>State of an optimizer that lies in one place.</summary>
    public static WeightTensor OfState(string name, NativeBuffer<float> numbers, bool isSpare) =>
        Of(OptimizerPrefix + name, [numbers.Length], numbers) with { IsSpare = isSpare };

    /// <summary>State of an optimizer, wherever it lies.</summary>
    public static WeightTensor OfState(string name, long length, TensorReader read, TensorWriter write, bool isSpare) =>
        new(OptimizerPrefix + name, [length], read, write) { IsSpare = isSpare };

    /// <summary>Where the first number that is not finite lies, or null.</summary>
    public static int? FirstNotFinite(ReadOnlySpan<float> numbers)
    {
        if (IsFinite(numbers))
            return null;
        var at = 0;
        while (float.IsFinite(numbers[at]))
            at++;
        return at;
    }

    private static WeightTensor OfRows(EmbeddingTable<float> table, bool goesOn)
    {
        var whole = Of(table.Table.Name, [table.Table.Rows, table.Dimension], goesOn ? table.Standing : table.Values);
        var room = Array.Empty<float>();
        return !goesOn ? whole : whole with
        {
            Read = (start, length) =>
            {
                if (room.Length < length)
                    room = new float[length];
                table.Read(start, room.AsSpan(0, length));
                return room.AsSpan(0, length);
            },
        };
    }

    private static WeightTensor Of(string name, long[] shape, NativeBuffer<float> numbers) => new(
        name, shape, (start, length) => numbers.Slice(start, length),
        (start, block) => block.CopyTo(numbers.Slice(start, block.Length)));

    // x · 0 is 0 for all but infinities and NaN.
    private static bool IsFinite(ReadOnlySpan<float> numbers)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(numbers);
        var sum = Vector<float>.Zero;
        foreach (var vector in vectors)
            sum += vector * Vector<float>.Zero;
        var rest = 0f;
        foreach (var number in numbers[(vectors.Length * Vector<float>.Count)..])
            rest += number * 0;
        return Vector.Sum(sum) + rest == 0;
    }
}
