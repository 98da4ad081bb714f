-- enqueue: (queue, rid, payload)...
for i = 1, #ARGV, 3 do
    put(ARGV[i], ARGV[i + 1], ARGV[i + 2])
end
return #ARGV / 3
