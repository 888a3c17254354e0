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

    /// <summary>Whether it is state of an optimizer.</summary>
    public bool IsState => Name.StartsWith(OptimizerPrefix, StringComparison.Ordinal);

    /// <summary>How it is written.</summary>
    public TensorSource Source => new(Name, Shape, Read);

    /// <summary>All of a store, and of an optimizer unless null. Rows that were deferred are brought up to date.</summary>
    public static List<WeightTensor> Of(ParameterStore<float> store, Optimizer<float>? optimizer) =>
    [
        .. OfDense(store), .. store.Embeddings.Select(e => Of(e.Table.Name, [e.Table.Rows, e.Dimension], e.Values)),
        .. (optimizer?.State ?? []).Select(s => OfState(s.Name, s.Buffer)),
    ];

    /// <summary>The dense parameters.</summary>
    public static IEnumerable<WeightTensor> OfDense(ParameterStore<float> store) => store.Slots.Select(s => new WeightTensor(
        s.Parameter.Name, [.. s.Parameter.Shape.Dimensions.ToArray().Select(d => (long)d)],
        (start, length) => store.Values(s.Parameter).Slice((int)start, length),
        (start, numbers) => numbers.CopyTo(store.Values(s.Parameter)[(int)start..])));

    /// <summary>State of an optimizer that lies in one place.</summary>
    public static WeightTensor OfState(string name, NativeBuffer<float> numbers) => Of(OptimizerPrefix + name, [numbers.Length], numbers);

    /// <summary>State of an optimizer, wherever it lies.</summary>
    public static WeightTensor OfState(string name, long length, TensorReader read, TensorWriter write) =>
        new(OptimizerPrefix + name, [length], read, write);

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
