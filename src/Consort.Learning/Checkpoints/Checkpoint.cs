using System.Globalization;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;

namespace Consort.Learning.Checkpoints;

/// <summary>Weights, and for resuming the optimizer's state, in one file.</summary>
public static class Checkpoint
{
    private const int BlockNumbers = 1 << 20;

    /// <summary>Writes weights, and the optimizer's state if one is given.</summary>
    /// <param name="path">The file; replaced when the new one is whole.</param>
    /// <param name="store">The weights.</param>
    /// <param name="optimizer">Its state goes along unless null.</param>
    /// <param name="state">What else is needed to go on, as JSON.</param>
    /// <exception cref="NotFiniteNumberException">A weight or a number of the optimizer's: nothing is written.</exception>
    public static void Save(string path, ParameterStore<float> store, Optimizer<float>? optimizer, string state) =>
        Save(path, WeightTensor.Of(store, optimizer), state);

    /// <summary>Reads all weights, and the optimizer's state if one is given.</summary>
    /// <returns>The state it was saved with.</returns>
    /// <exception cref="ConsortException">The file is damaged, or its weights are not finite, or those of another family or
    /// dataset.</exception>
    public static string Load(string path, ParameterStore<float> store, Optimizer<float>? optimizer = null)
    {
        _ = optimizer?.State; // no row of before is behind what is read
        return Load(path, WeightTensor.Of(store, optimizer));
    }

    /// <summary>
    /// Reads the weights of a run of one member into member <paramref name="member"/> of a family whose members own their embeddings.
    /// </summary>
    /// <exception cref="ConsortException">The file is damaged, or its member is another model or read other data.</exception>
    public static void LoadMember(string path, ParameterStore<float> store, int member) =>
        LoadMember(path, WeightTensor.Of(store, null), member);

    /// <summary>Writes weights and an optimizer's state, wherever they lie.</summary>
    /// <param name="path">The file; null of a rank that gives its part of tensors and writes nothing.</param>
    /// <param name="tensors">Weights, and an optimizer's state.</param>
    /// <param name="state">What else is needed to go on, as JSON.</param>
    /// <exception cref="NotFiniteNumberException">One of the numbers: nothing is written.</exception>
    internal static void Save(string? path, IReadOnlyList<WeightTensor> tensors, string state)
    {
        // Weights that diverged must not take the place of weights that score.
        foreach (var tensor in tensors.Where(t => !t.IsSpare))
            CheckFinite(tensor.Source);
        TensorSource[] sources = [.. tensors.Where(t => !t.IsSpare).Select(t => t.Source)];
        if (path is null)
            TensorFile.Attend(sources);
        else
            TensorFile.Write(path, state, sources);
    }

    /// <inheritdoc cref="Load(string, ParameterStore{float}, Optimizer{float})"/>
    internal static string Load(string path, IReadOnlyList<WeightTensor> tensors) =>
        Load(path, tensors, isMember: false, name => name);

    /// <inheritdoc cref="LoadMember(string, ParameterStore{float}, int)"/>
    internal static void LoadMember(string path, IReadOnlyList<WeightTensor> tensors, int member)
    {
        var own = $"member{member}/";
        Load(path, tensors, isMember: true, name => name.StartsWith(own, StringComparison.Ordinal)
            ? "member0/" + name[own.Length..]
            : null);
    }

    private static void CheckFinite(TensorSource tensor)
    {
        for (long done = 0; done < tensor.Elements; done += BlockNumbers)
        {
            var block = tensor.Read(done, (int)Math.Min(BlockNumbers, tensor.Elements - done));
            if (WeightTensor.FirstNotFinite(block) is { } at)
                throw new NotFiniteNumberException(
                    string.Create(CultureInfo.InvariantCulture,
                        $"{tensor.Name} holds {block[at]} at {done + at}, so no checkpoint is written"), block[at]);
        }
    }

    /// <param name="path">The file.</param>
    /// <param name="tensors">The weights to fill, and the optimizer's state.</param>
    /// <param name="isMember">Whether the file must be of a run of one member.</param>
    /// <param name="source">The name in the file of a weight of ours; null for one that is not asked for.</param>
    private static string Load(string path, IReadOnlyList<WeightTensor> tensors, bool isMember, Func<string, string?> source)
    {
        var wanted = new Dictionary<string, WeightTensor>(StringComparer.Ordinal);
        foreach (var tensor in tensors)
            if ((tensor.IsState ? tensor.Name : source(tensor.Name)) is { } name)
                wanted.Add(name, tensor);

        // A run of one member may have called its embeddings shared.
        var missing = wanted.Where(w => !w.Value.IsSpare).Select(w => w.Key).ToHashSet(StringComparer.Ordinal);
        return TensorFile.ReadBlocks(path, Target, Complete);

        TensorWriter? Target(string name, IReadOnlyList<long> shape)
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
            return target.IsState ? target.Write : (start, numbers) =>
            {
                if (WeightTensor.FirstNotFinite(numbers) is { } at)
                    throw new ConsortException(string.Create(
                        CultureInfo.InvariantCulture, $"{path}: found {numbers[at]} in {name}, expected finite weights: its training diverged; train again with a lower learning_rate"));
                target.Write(start, numbers);
            };
        }

        // Before any number is copied: weights of another family leave ours as they are.
        void Complete()
        {
            if (missing.Count > 0)
                throw new ConsortException($"{path}: has no {missing.Order(StringComparer.Ordinal).First()}: it was trained as another family");
        }
    }
}
