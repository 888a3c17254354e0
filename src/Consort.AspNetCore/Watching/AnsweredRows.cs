using System.IO.Hashing;

namespace Consort.AspNetCore.Watching;

/// <summary>
/// What was answered to rows that came with an id, until their label comes: a ring in memory, of which the oldest are forgotten. Ids are
/// kept as hashes of 64 bits.
/// </summary>
internal sealed class AnsweredRows(int most)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, int> _places = [];
    private readonly List<Answer> _answers = [];
    private int _next;

    /// <summary>Whether anything is kept.</summary>
    public bool IsOn => most > 0;

    /// <summary>Answers that wait for their label.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _places.Count;
        }
    }

    /// <summary>Keeps an answer; a further one to the same id takes its place.</summary>
    public void Keep(ReadOnlySpan<byte> id, float probability, TrafficWindow window, LabelledRows labelled)
    {
        if (most == 0)
            return;
        var key = XxHash3.HashToUInt64(id);
        lock (_gate)
        {
            var answer = new Answer(key, probability, window, labelled);
            if (_answers.Count < most)
            {
                _answers.Add(answer);
                _places[key] = _answers.Count - 1;
                return;
            }

            if (_places.GetValueOrDefault(_answers[_next].Key, -1) == _next)
                _places.Remove(_answers[_next].Key);
            _answers[_next] = answer;
            _places[key] = _next;
            _next = (_next + 1) % most;
        }
    }

    /// <summary>Adds what a shadow said of a row that waits for its label; nothing where it waits no longer.</summary>
    public void KeepShadow(ReadOnlySpan<byte> id, float probability, ShadowComparison shadow)
    {
        if (most == 0)
            return;
        lock (_gate)
            if (_places.TryGetValue(XxHash3.HashToUInt64(id), out var place))
                _answers[place] = _answers[place] with { Shadow = shadow, ShadowProbability = probability };
    }

    /// <summary>Takes the label of a row, once; false where its id is not known, or no longer.</summary>
    public bool Take(ReadOnlySpan<byte> id, bool isClick)
    {
        Answer answer;
        lock (_gate)
        {
            if (!_places.Remove(XxHash3.HashToUInt64(id), out var place))
                return false;
            answer = _answers[place];
        }

        answer.Window.AddLabel(answer.Probability, isClick);
        answer.Labelled.Add(answer.Probability, isClick);
        answer.Shadow?.AddLabel(answer.Probability, answer.ShadowProbability, isClick);
        return true;
    }

    // Not the version itself, whose package would stay in memory.
    private readonly record struct Answer(ulong Key, float Probability, TrafficWindow Window, LabelledRows Labelled)
    {
        public ShadowComparison? Shadow { get; init; }

        public float ShadowProbability { get; init; }
    }
}
