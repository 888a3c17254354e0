using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Shards;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Learning.Evaluation;
using Consort.Learning.Ranks;
using Consort.Learning.Strategies;
using Consort.Learning.Teachers;
using Consort.Models;

namespace Consort.Learning.Training;

/// <summary>Runs a family over batches: raw numbers in, logits of members and ensemble out.</summary>
public sealed class LogitPass
{
    private readonly Program<float> _program;
    private readonly Fusion _fusion;
    private readonly TeacherLogits? _teachers;
    private readonly bool _readsPeers;
    private readonly int _capacity;
    private readonly GatheredRows? _gathered; // of several ranks
    private readonly TableShards<float>? _shards;
    private readonly (int Rank, int Ranks) _share = (0, 1);
    private readonly RowJob _read, _write;
    private BatchLogits? _spare;
    private bool _isFetched; // the batch's rows, for a pass ahead
    private int _first; // where this rank's rows begin among those of the batch
    private Batch? _batch; // while it is read
    private double _shift;

    /// <summary>Creates a pass with room for the program's largest batch.</summary>
    /// <param name="program">The family.</param>
    /// <param name="fusion">How it fuses its members' logits.</param>
    public LogitPass(Program<float> program, Fusion fusion)
        : this(program, fusion, null, readsPeers: false)
    {
    }

    /// <summary>One whose training batches come with what teachers say of them, and peers as they score.</summary>
    /// <param name="program">The family.</param>
    /// <param name="fusion">How it fuses its members' logits.</param>
    /// <param name="teachers">What they say, or null.</param>
    /// <param name="readsPeers">Whether peers are read as they score.</param>
    /// <param name="capacity">The most rows of a batch, of which each of the program's ranks has a share; null for its own.</param>
    /// <param name="shards">Where its tables' rows come from; null where they are in the program's store.</param>
    internal LogitPass(
        Program<float> program, Fusion fusion, TeacherLogits? teachers, bool readsPeers, int? capacity = null,
        TableShards<float>? shards = null)
    {
        (_program, _fusion, _teachers, _shards) = (program, fusion, teachers, shards);
        // Where training computes what scoring does, the pass that trains says what peers say.
        (_readsPeers, _capacity) = (readsPeers && !program.TrainsAsItScores, capacity ?? program.Capacity);
        Logits = NewLogits();
        if (program.Ranks is { } ranks)
            (_gathered, _share) = (new GatheredRows(ranks, Logits), (ranks.Rank, ranks.Count));
        (_read, _write) = (new RowJob(Read), new RowJob(Write));
    }

    /// <summary>The logits and labels of the last batch.</summary>
    public BatchLogits Logits { get; private set; }

    /// <summary>
    /// What the fused logit is moved by where it is not trained on: <see cref="Schema.LogitShift"/> of the training rows, so that rows of
    /// which none were left out are told of.
    /// </summary>
    public double Shift { get; init; }

    /// <summary>What this rank tells the others along with the rows of its next batch, as bits.</summary>
    internal int Wish
    {
        set => _gathered!.Wish = value;
    }

    /// <summary>What any of them has told along with the last one.</summary>
    internal int Wishes => _gathered!.Wishes;

    /// <summary>The true click probability of the rows of the last batch, those of all ranks, [B].</summary>
    internal ReadOnlySpan<float> TruthOf(Batch batch) => _gathered is null ? batch.Truth : _gathered.TruthOfAll;

    /// <summary>Their labels, [B].</summary>
    internal ReadOnlySpan<float> LabelsOf(Batch batch) => _gathered is null ? batch.Labels : _gathered.LabelsOfAll;

    /// <summary>Their groups, [B] or none.</summary>
    internal ReadOnlySpan<ulong> GroupsOf(Batch batch) => _gathered is null ? batch.Groups : _gathered.GroupsOfAll;

    /// <summary>Computes the logits of a batch as when scoring, unless it is stopped; of several ranks all are by what one of them is told.
    /// </summary>
    internal bool Stops(Batch batch, CancellationToken cancellation)
    {
        if (_gathered is null && cancellation.IsCancellationRequested)
            return true;
        if (_gathered is not null)
            Wish = cancellation.IsCancellationRequested ? 1 : 0;
        Run(batch, isTraining: false, seed: 0);
        return _gathered is { Wishes: > 0 };
    }

    /// <summary>Computes what members say of a batch as when scoring, for their peers; the batch is trained on next.</summary>
    internal void ReadPeers(Batch batch)
    {
        if (!Logits.HasPeers)
            return;
        RunProgram(batch, new Step(batch.Rows, isTraining: false) { IsAhead = true });
        if (_gathered is null)
            Logits.Rows = batch.Rows;
        for (var member = 0; member < Logits.Members; member++)
            if (_gathered is null)
                Widen(_program.Logits(member), Logits.PeerLogits(member));
            else
                _gathered.PutPeer(member, _program.Logits(member));
    }

    /// <summary>Computes the logits of a batch.</summary>
    public void Run(Batch batch, bool isTraining, ulong seed)
    {
        Forward(batch, isTraining, seed);
        for (var teacher = 0; isTraining && teacher < Logits.Teachers && _gathered is null; teacher++)
            _teachers!.Give(batch, teacher, Logits.TeacherLogits(teacher));
        Logits.Prepare();
    }

    /// <summary>Gives the last batch's logits away until the next turn; the next batch goes to others.</summary>
    internal BatchLogits Turn()
    {
        (var filled, Logits) = (Logits, _spare ?? NewLogits());
        return _spare = filled;
    }

    private BatchLogits NewLogits() =>
        new(_capacity, _program.Members, _teachers?.Teachers ?? 0, _fusion, _readsPeers) { Workers = _program.Workers };

    // As float32, for that is what is measured and given out; −1 for none.
    private int FirstNotFinite()
    {
        var first = Find(Logits.EnsembleLogits());
        for (var member = 0; member < Logits.Members; member++)
            if (Find(Logits.Logits(member)) is >= 0 and var row && (first < 0 || row < first))
                first = row;
        return first;

        static int Find(ReadOnlySpan<double> logits)
        {
            for (var row = 0; row < logits.Length; row++)
                if (!float.IsFinite((float)logits[row]))
                    return row;
            return -1;
        }
    }

    /// <summary>Computes the logits of members and ensemble as when scoring, and no probabilities; gives the ensemble's, [B].</summary>
    public ReadOnlySpan<double> Fuse(Batch batch)
    {
        Forward(batch, isTraining: false, seed: 0);
        Logits.Fuse();
        return Logits.EnsembleLogits();
    }

    /// <summary>Measures a split from its first row to its last.</summary>
    /// <param name="split">The rows.</param>
    /// <param name="encoder">What made them of raw values.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ConsortException">A row whose logit is not finite: nothing is measured then.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    public SplitResult Evaluate(EncodedSplit split, Encoder encoder, CancellationToken cancellation) =>
        Evaluate(split, encoder, null, cancellation);

    /// <summary>Measures a split but for a part of it.</summary>
    internal SplitResult Evaluate(EncodedSplit split, Encoder encoder, LeftOut? leftOut, CancellationToken cancellation)
    {
        using var loader = new BatchLoader(split, new LoaderOptions(Logits.Capacity) { LeaveOut = leftOut, Share = _share });
        var schema = encoder.Schema;
        using var evaluator = new ConsortEvaluator(Logits.Members, _fusion, isWeighted: schema.HasWeights, hasGroups: schema.HasGroups);
        using var aside = new AsideEvaluation(this, evaluator, _program.Workers.Threads);
        using var ceiling = split.HasTruth ? new Ceiling() : null;
        loader.Start(0);
        for (long done = 0; loader.Next() is { } batch;)
        {
            cancellation.ThrowIfCancellationRequested();
            Fuse(batch);
            CheckFinite(batch, encoder, row => FormattableString.Invariant($"row {done + row + 1} of the {split.Name} rows"));
            done += Logits.Rows;
            ceiling?.Add(TruthOf(batch), LabelsOf(batch));
            aside.Add(GroupsOf(batch));
        }

        aside.Finish();
        return new SplitResult(evaluator.Result(), ceiling is null ? null : new CeilingResult(ceiling.Auc(), ceiling.LogLoss()));
    }

    /// <summary>Refuses the last batch if a logit of it is not finite, so that no such row is measured or written.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="encoder">What made it of raw values.</param>
    /// <param name="where">What the message calls a row.</param>
    /// <exception cref="ConsortException">The first such row, and the column whose value is furthest from the training rows.</exception>
    public void CheckFinite(Batch batch, Encoder encoder, Func<int, string> where)
    {
        if (FirstNotFinite() is not (>= 0 and var row))
            return;
        throw new ConsortException(row - _first >= 0 && row - _first < batch.Rows
            ? NotFiniteLogit.Explain(where(row), encoder, batch.NumericOf(row - _first))
            : $"{where(row)}: found a logit that is not finite; the rank that has the row says more");
    }

    /// <summary>Hands the loss gradient of the last batch to the program and runs its backward pass.</summary>
    public void Backward()
    {
        _write.Run(_program.Workers, _program.LogitGradients(0).Length);
        _program.Backward();
    }

    private void Forward(Batch batch, bool isTraining, ulong seed)
    {
        RunProgram(batch, new Step(batch.Rows, isTraining, seed) { First = batch.First });
        var shift = isTraining ? 0 : Shift / (Logits.Members * _fusion.Share(Logits.Members));
        if (_gathered is not null)
        {
            Gather(batch, isTraining, shift);
            return;
        }

        Logits.Rows = batch.Rows;
        (Logits.HasWeights, Logits.MayLackLabels) = (!batch.Weights.IsEmpty, !batch.Labelled.IsEmpty);
        (_batch, _shift) = (batch, shift);
        _read.Run(_program.Workers, batch.Rows);
        if (isTraining)
            Logits.BalanceWeights();
    }

    // What the batch and the program say of rows [start, end).
    private void Read(int start, int end)
    {
        var batch = _batch!;
        var labels = Logits.Labels();
        for (var row = start; row < end; row++)
            labels[row] = batch.Labels[row];
        for (var row = start; Logits.HasWeights && row < end; row++)
            Logits.Weights()[row] = batch.Weights[row];
        for (var row = start; Logits.MayLackLabels && row < end; row++)
            Logits.Labelled()[row] = batch.Labelled[row] != 0;
        for (var member = 0; member < Logits.Members; member++)
            Widen(_program.Logits(member)[start..end], Logits.Logits(member)[start..end], _shift);
    }

    private void Write(int start, int end)
    {
        for (var member = 0; member < Logits.Members; member++)
        {
            var target = _program.LogitGradients(member)[start..end];
            var source = Logits.Gradients(member).Slice(_first + start, target.Length); // [B], or of this rank's rows
            for (var row = 0; row < target.Length; row++)
                target[row] = (float)source[row];
        }
    }

    private void RunProgram(Batch batch, Step step)
    {
        if (_shards is null)
        {
            _program.Forward(batch.Ids, batch.Numeric, step, batch.Lists);
            return;
        }

        if (!_isFetched)
            _shards.Fetch(batch.Ids, batch.Lists, batch.Rows, step.IsTraining || step.IsAhead);
        _isFetched = step.IsAhead;
        _program.Forward(_shards.Ids, batch.Numeric, step, _shards.Lists);
    }

    private void Gather(Batch batch, bool isTraining, double shift)
    {
        _first = batch.First;
        for (var member = 0; member < Logits.Members; member++)
            _gathered!.Put(member, _program.Logits(member));
        for (var teacher = 0; isTraining && teacher < Logits.Teachers; teacher++)
        {
            _teachers!.Give(batch, teacher, _gathered!.Taught(batch.Rows));
            _gathered.PutTeacher(teacher, batch.Rows);
        }

        (Logits.HasWeights, Logits.MayLackLabels) = (batch.HasWeights, batch.MayLackLabels);
        _gathered!.Gather(batch, Logits, shift);
        if (isTraining)
            Logits.BalanceWeights();
    }

    // [B]
    private static void Widen(ReadOnlySpan<float> source, Span<double> target, double shift = 0)
    {
        for (var row = 0; row < target.Length; row++)
            target[row] = source[row] + shift;
    }
}
