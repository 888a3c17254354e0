using Consort.Compute.Execution;
using Consort.Data.Datasets;
using Consort.Learning.Evaluation;
using Consort.Learning.Strategies;

namespace Consort.Learning.Training;

/// <summary>Runs a family over batches: raw numbers in, logits of members and ensemble out.</summary>
public sealed class LogitPass
{
    private readonly Program<float> _program;
    private readonly IReadOnlyList<FrozenTeacher> _teachers;

    /// <summary>Creates a pass with room for the program's largest batch.</summary>
    /// <param name="program">The family.</param>
    /// <param name="teachers">Frozen teachers whose logits are to be had while training, or none.</param>
    public LogitPass(Program<float> program, IReadOnlyList<FrozenTeacher>? teachers = null)
    {
        _program = program;
        _teachers = teachers ?? [];
        Logits = new BatchLogits(program.Capacity, program.Members, _teachers.Count);
    }

    /// <summary>The logits and labels of the last batch.</summary>
    public BatchLogits Logits { get; }

    /// <summary>Computes the logits of a batch.</summary>
    public void Run(Batch batch, Fusion fusion, bool isTraining, ulong seed)
    {
        Forward(batch, isTraining, seed);
        for (var teacher = 0; isTraining && teacher < _teachers.Count; teacher++)
            _teachers[teacher].Run(batch, Logits.TeacherLogits(teacher));
        Logits.Prepare(fusion);
    }

    /// <summary>Measures a batch.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="fusion">How member logits are fused.</param>
    /// <param name="evaluator">Gets the logits.</param>
    public void Evaluate(Batch batch, Fusion fusion, ConsortEvaluator evaluator)
    {
        Fuse(batch, fusion);
        evaluator.Add(Logits);
    }

    /// <summary>Computes the logits of members and ensemble as when scoring, and no probabilities; gives the ensemble's, [B].</summary>
    public ReadOnlySpan<double> Fuse(Batch batch, Fusion fusion)
    {
        Forward(batch, isTraining: false, seed: 0);
        Logits.Fuse(fusion);
        return Logits.EnsembleLogits();
    }

    /// <summary>Measures a split from its first row to its last.</summary>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    public SplitResult Evaluate(EncodedSplit split, Fusion fusion, CancellationToken cancellation)
    {
        using var loader = new BatchLoader(split, new LoaderOptions(_program.Capacity));
        using var evaluator = new ConsortEvaluator(Logits.Members, fusion);
        using var ceiling = split.HasTruth ? new Ceiling() : null;
        loader.Start(0);
        while (loader.Next() is { } batch)
        {
            cancellation.ThrowIfCancellationRequested();
            Evaluate(batch, fusion, evaluator);
            ceiling?.Add(batch.Truth, batch.Labels);
        }

        return new SplitResult(evaluator.Result(), ceiling is null ? null : new CeilingResult(ceiling.Auc(), ceiling.LogLoss()));
    }

    /// <summary>Hands the loss gradient of the last batch to the program and runs its backward pass.</summary>
    public void Backward()
    {
        for (var member = 0; member < Logits.Members; member++)
        {
            var source = Logits.Gradients(member); // [B]
            var target = _program.LogitGradients(member);
            for (var row = 0; row < target.Length; row++)
                target[row] = (float)source[row];
        }

        _program.Backward();
    }

    private void Forward(Batch batch, bool isTraining, ulong seed)
    {
        _program.Forward(batch.Ids, batch.Numeric, new Step(batch.Rows, isTraining, seed));
        Logits.Rows = batch.Rows;
        var labels = Logits.Labels();
        var given = batch.Labels;
        for (var row = 0; row < labels.Length; row++)
            labels[row] = given[row];
        for (var member = 0; member < Logits.Members; member++)
        {
            var source = _program.Logits(member); // [B]
            var target = Logits.Logits(member);
            for (var row = 0; row < target.Length; row++)
                target[row] = source[row];
        }
    }
}
