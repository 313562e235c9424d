"""Words of jieba's dictionary that folding changes, folded, with their frequencies: texts are folded before
they are cut.

Listed are words of two characters or more that are more frequent than the folded form already there, and
that have a Latin letter or a frequency of at least ten; `tests/test_words.py` derives them.
"""

FOLDED_WORDS = """
aa制 3, ab型 3, at&t 3, a型 3, a座 3, a股 3, a轮 3, bb机 3, bp机 3, b型 3, b座 3, b股 3, b超 3, b轮 3,
call机 3, cd机 3, cd盒 3, c座 3, c盘 3, c语言 3, d座 3, d版 3, d盘 3, e化 3, e座 3, e盘 3, e通 3, f座 3,
f盘 3, g盘 3, h盘 3, h股 3, ic卡 3, ip卡 3, ip地址 3, ip电话 3, i盘 3, k党 3, k歌之王 3, n年 3, o型 3,
pc机 3, ph值 3, qq号 3, q版 3, rss订阅 3, sim卡 3, t台 3, t型台 3, t恤 4, t恤衫 3, t盘 3, u盘 3, visa卡 3,
x光 3, x光线 3, x射线 3, z盘 3, 一片狼借 15, 专着 575, 了望 195, 了望台 45, 于天子 10, 仿徨 150,
伏干归 12, 公冶干 128, 卓着 266, 原着 100, 合着 176, 名着 327, 哪咤 98, 四大名着 15, 土着 441, 土着人 36,
声名狼借 45, 大s 3, 宗李干 13, 小s 3, 巨着 150, 干县 19, 干嘉学派 22, 干坤 345, 干陵 17, 干隆 2435,
康立干 23, 徐干学 12, 德特着 16, 慰借 118, 扭转干坤 24, 承干宫 132, 撰着 30, 文征明 25, 新着 13,
显着 2724, 普勒着 12, 杂着 27, 杯盘狼借 11, 枕借 18, 狼借 51, 王丙干 24, 王体干 22, 着书 84, 着书立说 41,
着作 3450, 着作权 102, 着作权人 23, 着作权法 14, 着名 9345, 着录 241, 着文 57, 着称 954, 着者 56, 着译 22,
着述 543, 编着 104, 胡孝干 16, 臭名昭着 51, 芸苔 11, 萧干 12, 蒙眬 49, 蒜苔 26, 蕴借 35, 言伯干 113,
论着 270, 译着 98, 跗跖 29, 遗着 61, 郭振干 257, 阿q 3
"""
