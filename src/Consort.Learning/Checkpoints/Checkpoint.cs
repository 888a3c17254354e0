using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;

namespace Consort.Learning.Checkpoints;

/// <summary>Weights, and for resuming the optimizer's state, in one file.</summary>
public static class Checkpoint
{
    private const string OptimizerPrefix = "optimizer:";
    private const int BlockNumbers = 1 << 20;

    /// <summary>Writes weights, and the optimizer's state if one is given.</summary>
    /// <param name="path">The file; replaced when the new one is whole.</param>
    /// <param name="store">The weights.</param>
    /// <param name="optimizer">Its state goes along unless null.</param>
    /// <param name="state">What else is needed to go on, as JSON.</param>
    /// <exception cref="NotFiniteNumberException">A weight or a number of the optimizer's: nothing is written.</exception>
    public static void Save(string path, ParameterStore<float> store, Optimizer<float>? optimizer, string state)
    {
        var tensors = new List<TensorSource>();
        foreach (var slot in store.Slots)
            tensors.Add(new TensorSource(slot.Parameter.Name, Shape(slot), () => store.Values(slot.Parameter)));
        foreach (var embedding in store.Embeddings)
            tensors.Add(new TensorSource(embedding.Table.Name, Shape(embedding), NumbersOf(embedding.Values)));
        if (optimizer is not null)
            foreach (var (name, buffer) in optimizer.State)
                tensors.Add(new TensorSource(OptimizerPrefix + name, [buffer.Length], NumbersOf(buffer)));
        // Weights that diverged must not take the place of weights that score.
        foreach (var tensor in tensors)
            if (FirstNotFinite(tensor) is { } at)
                throw new NotFiniteNumberException(
                    string.Create(CultureInfo.InvariantCulture,
                        $"{tensor.Name} holds {tensor.Numbers()[at]} at {at}, so no checkpoint is written"), tensor.Numbers()[at]);
        TensorFile.Write(path, state, tensors);
    }

    // Where a tensor's first number that is not finite lies, or null.
    private static long? FirstNotFinite(TensorSource tensor)
    {
        var numbers = tensor.Numbers();
        for (long done = 0; done < tensor.Elements; done += BlockNumbers)
        {
            ReadOnlySpan<float> block = numbers.Slice(done, (int)Math.Min(BlockNumbers, tensor.Elements - done));
            if (IsFinite(block))
                continue;
            var at = 0;
            while (float.IsFinite(block[at]))
                at++;
            return done + at;
        }

        return null;
    }

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

    /// <summary>Reads all weights, and the optimizer's state if one is given.</summary>
    /// <returns>The state it was saved with.</returns>
    /// <exception cref="ConsortException">The file is damaged, or its weights are not finite, or those of another family or
    /// dataset.</exception>
    public static string Load(string path, ParameterStore<float> store, Optimizer<float>? optimizer = null) =>
        Load(path, store, optimizer, isMember: false, name => name);

    /// <summary>
    /// Reads the weights of a run of one member into member <paramref name="member"/> of a family whose members own their embeddings.
    /// </summary>
    /// <exception cref="ConsortException">The file is damaged, or its member is another model or read other data.</exception>
    public static void LoadMember(string path, ParameterStore<float> store, int member)
    {
        var own = $"member{member}/";
        Load(path, store, null, isMember: true, name => name.StartsWith(own, StringComparison.Ordinal)
            ? "member0/" + name[own.Length..]
            : null);
    }

    /// <param name="path">The file.</param>
    /// <param name="store">The weights to fill.</param>
    /// <param name="optimizer">The state to fill, or null.</param>
    /// <param name="isMember">Whether the file must be of a run of one member.</param>
    /// <param name="source">The name in the file of a weight of ours; null for one that is not asked for.</param>
    private static string Load(
        string path, ParameterStore<float> store, Optimizer<float>? optimizer, bool isMember, Func<string, string?> source)
    {
        var wanted = new Dictionary<string, (NativeSource<float> Numbers, long[] Shape)>(StringComparer.Ordinal);
        foreach (var slot in store.Slots)
            if (source(slot.Parameter.Name) is { } name)
                wanted.Add(name, (() => store.Values(slot.Parameter), Shape(slot)));
        foreach (var embedding in store.Embeddings)
            if (source(embedding.Table.Name) is { } name)
                wanted.Add(name, (NumbersOf(embedding.Values), Shape(embedding)));
        if (optimizer is not null)
            foreach (var (name, buffer) in optimizer.State)
                wanted.Add(OptimizerPrefix + name, (NumbersOf(buffer), [buffer.Length]));

        // A run of one member may have called its embeddings shared.
        var missing = wanted.Keys.ToHashSet(StringComparer.Ordinal);
        var state = TensorFile.Read(path, Target, Complete);
        foreach (var (name, (numbers, shape)) in wanted)
            if (!name.StartsWith(OptimizerPrefix, StringComparison.Ordinal)
                && FirstNotFinite(new TensorSource(name, shape, numbers)) is { } at)
                throw new ConsortException(string.Create(
                    CultureInfo.InvariantCulture, $"{path}: found {numbers()[at]} in {name}, expected finite weights: its training diverged; train again with a lower learning_rate"));
        return state;

        NativeSource<float>? Target(string name, IReadOnlyList<long> shape)
        {
            if (isMember && name.StartsWith("member1/", StringComparison.Ordinal))
                throw new ConsortException($"{path}: has {name}: found a run of several members, expected a run of one");
            if (!wanted.ContainsKey(name) && name.StartsWith("shared/", StringComparison.Ordinal))
                name = "member0/" + name["shared/".Length..];
            if (!wanted.TryGetValue(name, out var target))
                return null;
            if (!target.Shape.AsSpan().SequenceEqual([.. shape]))
                throw new ConsortException(
                    $"{path}: {name} is [{string.Join(", ", shape)}], expected [{string.Join(", ", target.Shape)}]: it was trained with other options or other data");
            missing.Remove(name);
            return target.Numbers;
        }

        // Before any number is copied: weights of another family leave ours as they are.
        void Complete()
        {
            if (missing.Count > 0)
                throw new ConsortException($"{path}: has no {missing.Order(StringComparer.Ordinal).First()}: it was trained as another family");
        }
    }

    private static NativeSource<float> NumbersOf(NativeBuffer<float> buffer) => () => buffer.All;

    private static long[] Shape(DenseSlot slot) => [.. slot.Parameter.Shape.Dimensions.ToArray().Select(d => (long)d)];

    private static long[] Shape(EmbeddingTable<float> embedding) => [embedding.Table.Rows, embedding.Dimension];
}
