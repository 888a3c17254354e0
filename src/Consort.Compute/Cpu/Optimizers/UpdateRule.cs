using System.Numerics;
using Consort.Compute.Cpu.Parameters;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>
/// How a gradient changes a number. Adding a rule is one file: a record derived from this one and its <see cref="IElementUpdate{T}"/>.
/// </summary>
public abstract record UpdateRule
{
    /// <summary>What it keeps for every trained number, as named in checkpoints: <c>adam.m</c>, <c>adam.v</c>; two at most.</summary>
    internal abstract IReadOnlyList<string> StateNames { get; }

    /// <summary>What the state starts with.</summary>
    internal virtual double InitialState => 0;

    /// <summary>
    /// How much further from zero than it was a number can be at most after any number of steps in which its gradient was the regulariser's
    /// alone, in largest learning rates. Infinite where nobody has shown a bound.
    /// </summary>
    internal virtual double Reach => double.PositiveInfinity;

    /// <summary>Throws if a setting is out of its range.</summary>
    internal abstract void Validate();

    /// <summary>The pass that applies this rule to all numbers of a store.</summary>
    internal abstract UpdatePass<T> Compile<T>(ParameterStore<T> store, PassLayout<T> layout)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>;

    /// <summary>An exception that names the setting.</summary>
    private protected static ArgumentOutOfRangeException OutOfRange(string name, double found, string expected) =>
        new(name, found, $"expected {expected}");
}
