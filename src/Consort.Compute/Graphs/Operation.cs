namespace Consort.Compute.Graphs;

/// <summary>
/// One step of a graph, as an immutable description: its name, shape rule, parameters and standard form. What computes it is registered for
/// it elsewhere and knows it, never the other way round.
/// </summary>
public abstract class Operation
{
    /// <summary>The field's usual name of it, in lower case: <c>linear</c>, <c>factorization_machine</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The dense parameters it reads.</summary>
    public virtual IReadOnlyList<Parameter> Parameters => [];

    /// <summary>The embedding table it reads, or null.</summary>
    public virtual Table? Table => null;

    /// <summary>Which of the batch's categorical columns it reads: [first, end).</summary>
    /// <param name="columns">How many the graph has.</param>
    public virtual (int First, int End) ColumnRange(int columns) => (0, 0);

    /// <summary>
    /// Whether it is there to train alone: what it gives is its first input, and scoring knows neither it nor what its other inputs need.
    /// </summary>
    public virtual bool IsForTraining => false;

    /// <summary>Whether its result comes out of a ReLU whose gradient a single consumer may apply.</summary>
    internal virtual bool EndsInRelu => false;

    /// <summary>Whether training takes statistics from the rows of the batch, where scoring takes running ones.</summary>
    public virtual bool ReadsTheBatch => false;

    /// <summary>Whether the result is its first input under another shape, sharing the numbers.</summary>
    public virtual bool IsView => false;

    /// <summary>The shape of the result.</summary>
    /// <param name="inputs">Shapes of the inputs.</param>
    /// <exception cref="ArgumentException">The inputs do not fit together; the message names the shapes.</exception>
    public abstract Shape Infer(ReadOnlySpan<Shape> inputs);

    /// <summary>What the result has a row for: what its inputs have, unless the operation leads from impressions to positions or
    /// back.</summary>
    /// <param name="inputs">What each input has a row for; null for impressions.</param>
    /// <exception cref="ArgumentException">The inputs do not fit together.</exception>
    public virtual Positions? At(ReadOnlySpan<Positions?> inputs)
    {
        foreach (var input in inputs)
            if (input != inputs[0])
                throw new ArgumentException($"{Name}: found inputs of {Show(inputs[0])} and {Show(input)}, expected the same");
        return inputs.Length == 0 ? null : inputs[0];
    }

    /// <summary>What a value has a row for, as messages say it.</summary>
    protected static string Show(Positions? at) => at is null ? "impressions" : at.ToString();

    /// <summary>The floating-point operations of one row forward; the backward pass of a linear layer is twice that.</summary>
    public virtual long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 0;

    /// <summary>Writes the operation in primitives, as it scores: nothing drops, and batch norm reads its running statistics.</summary>
    /// <returns>The result, [B, …].</returns>
    public abstract FormValue ToStandard(StandardForm form);

    /// <summary>An exception that says which shapes an operation cannot take.</summary>
    protected ArgumentException Mismatch(ReadOnlySpan<Shape> inputs, string expected) =>
        new($"{Name}: found inputs {string.Join(", ", inputs.ToArray())}, expected {expected}");
}
