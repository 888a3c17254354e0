using Consort.Data.Batches;
using Consort.Foundation.Ranks;
using Consort.Learning.Strategies;

namespace Consort.Learning.Ranks;

/// <summary>
/// What each rank tells of its rows of a batch, so that all know the logits of the whole: strategies, losses and metrics then are functions
/// of all rows, the same on every rank, and know nothing of ranks.
/// </summary>
/// <remarks>A message is what the rank wishes, as bits of a number, and then row after row: 4 bytes a number.</remarks>
internal sealed class GatheredRows
{
    private const int Label = 0, Weight = 1, HasLabel = 2, Truth = 3, Group = 4, Numbers = 6;
    private readonly IRanks _ranks;
    private readonly int _width;
    private readonly int _peers; // where they begin in a row
    private readonly int _teachers;
    private readonly float[] _own;
    private readonly float[] _all;
    private readonly float[] _truth;
    private readonly float[] _labels;
    private readonly ulong[] _groups;
    private readonly double[] _taught;
    private readonly int[] _lengths;
    private int _rows; // of all ranks

    /// <summary>Lays out room for the largest batch.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="logits">Such as those of all rows go to.</param>
    public GatheredRows(IRanks ranks, BatchLogits logits)
    {
        _ranks = ranks;
        _peers = Numbers + logits.Members;
        _teachers = _peers + (logits.HasPeers ? logits.Members : 0);
        _width = _teachers + logits.Teachers;
        var most = (logits.Capacity + ranks.Count - 1) / ranks.Count;
        _own = new float[1 + (most * _width)];
        _all = new float[ranks.Count + (logits.Capacity * _width)];
        (_truth, _labels, _groups) = (new float[logits.Capacity], new float[logits.Capacity], new ulong[logits.Capacity]);
        (_taught, _lengths) = (new double[most], new int[ranks.Count]);
    }

    /// <summary>What this rank tells the others along with its rows, as bits.</summary>
    public int Wish { get; set; }

    /// <summary>What any of them has told.</summary>
    public int Wishes { get; private set; }

    /// <summary>The true click probability of the rows gathered last, [B]; 0 where it is not known.</summary>
    public ReadOnlySpan<float> TruthOfAll => _truth.AsSpan(0, _rows);

    /// <summary>Their labels, [B].</summary>
    public ReadOnlySpan<float> LabelsOfAll => _labels.AsSpan(0, _rows);

    /// <summary>Their groups, [B]; 0 for none.</summary>
    public ReadOnlySpan<ulong> GroupsOfAll => _groups.AsSpan(0, _rows);

    /// <summary>Takes what a member says of this rank's rows, [rows].</summary>
    public void Put(int member, ReadOnlySpan<float> logits) => Put(logits, Numbers + member);

    /// <summary>Takes what its peers see of a member, [rows].</summary>
    public void PutPeer(int member, ReadOnlySpan<float> logits) => Put(logits, _peers + member);

    /// <summary>Room for what a teacher says of this rank's rows, until <see cref="PutTeacher"/>.</summary>
    public Span<double> Taught(int rows) => _taught.AsSpan(0, rows);

    /// <summary>Takes it.</summary>
    public void PutTeacher(int teacher, int rows)
    {
        for (var row = 0; row < rows; row++)
            Row(row)[_teachers + teacher] = (float)_taught[row];
    }

    /// <summary>Gathers the rows of all ranks into the batch's logits, labels, weights and teachers.</summary>
    /// <param name="batch">This rank's share.</param>
    /// <param name="logits">Gets those of all.</param>
    /// <param name="shift">What each member's logit is moved by.</param>
    public void Gather(Batch batch, BatchLogits logits, double shift)
    {
        Pack(batch);
        for (var rank = 0; rank < _lengths.Length; rank++)
            _lengths[rank] = sizeof(float) * (1 + (_width * (First(rank + 1) - First(rank))));
        _ranks.Gather(Bytes(_own.AsSpan(0, 1 + (batch.Rows * _width))), Bytes(_all.AsSpan(0, _ranks.Count + (batch.Whole * _width))),
            _lengths);
        logits.Rows = _rows = batch.Whole;
        Wishes = 0;
        for (int rank = 0, row = 0, at = 0; rank < _ranks.Count; rank++)
        {
            Wishes |= (int)_all[at++];
            for (; row < First(rank + 1); row++, at += _width)
                Unpack(row, _all.AsSpan(at, _width), logits, shift);
        }

        int First(int rank) => LoaderOptions.FirstOf(batch.Whole, rank, _ranks.Count);
    }

    private static Span<byte> Bytes(Span<float> numbers) => System.Runtime.InteropServices.MemoryMarshal.AsBytes(numbers);

    private Span<float> Row(int row) => _own.AsSpan(1 + (row * _width), _width);

    private void Put(ReadOnlySpan<float> numbers, int place)
    {
        for (var row = 0; row < numbers.Length; row++)
            Row(row)[place] = numbers[row];
    }

    private void Pack(Batch batch)
    {
        _own[0] = Wish;
        ReadOnlySpan<float> labels = batch.Labels, weights = batch.Weights, labelled = batch.Labelled, truth = batch.Truth;
        ReadOnlySpan<ulong> groups = batch.Groups;
        for (var r = 0; r < batch.Rows; r++)
        {
            var row = Row(r);
            (row[Label], row[Weight]) = (labels[r], weights.IsEmpty ? 1 : weights[r]);
            row[HasLabel] = labelled.IsEmpty ? 1 : labelled[r];
            row[Truth] = truth.IsEmpty ? 0 : truth[r];
            var group = groups.IsEmpty ? 0 : groups[r];
            row[Group] = BitConverter.UInt32BitsToSingle((uint)group);
            row[Group + 1] = BitConverter.UInt32BitsToSingle((uint)(group >> 32));
        }
    }

    private void Unpack(int r, ReadOnlySpan<float> row, BatchLogits logits, double shift)
    {
        (_labels[r], _truth[r]) = (row[Label], row[Truth]);
        _groups[r] = BitConverter.SingleToUInt32Bits(row[Group]) | ((ulong)BitConverter.SingleToUInt32Bits(row[Group + 1]) << 32);
        logits.Labels()[r] = row[Label];
        if (logits.HasWeights)
            logits.Weights()[r] = row[Weight];
        logits.Labelled()[r] = row[HasLabel] != 0;
        for (var member = 0; member < logits.Members; member++)
            logits.Logits(member)[r] = row[Numbers + member] + shift;
        for (var member = 0; member < logits.Members && logits.HasPeers; member++)
            logits.PeerLogits(member)[r] = row[_peers + member];
        for (var teacher = 0; teacher < logits.Teachers; teacher++)
            logits.TeacherLogits(teacher)[r] = row[_teachers + teacher];
    }
}
